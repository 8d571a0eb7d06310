from dataclasses import replace

import numpy as np
import pytest

from diffusion.config import SchedulerConfig
from diffusion.errors import ModelError
from diffusion.noise import NormalStream
from diffusion.schedulers.ddim import DDIMScheduler
from tests.diffusion.comparison import assert_close, channels_last
from tests.reference.rows import DDIM_ROWS

CONFIG = SchedulerConfig(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
)


@pytest.mark.parametrize("row", DDIM_ROWS, ids=str)
def test_every_step_is_that_of_the_reference(reference, row):
    spacing, prediction, schedule, alpha_to_one, num_steps = row
    config = replace(
        CONFIG,
        beta_schedule=schedule,
        prediction_type=prediction,
        timestep_spacing=spacing,
        set_alpha_to_one=alpha_to_one,
    )
    scheduler = DDIMScheduler(config, num_steps)
    np.testing.assert_array_equal(scheduler.timesteps, reference[f"ddim/{row}/timesteps"])
    latents = NormalStream(7).draw(4, 4, 4)[None]
    state = scheduler.initial_state
    trajectory = channels_last(reference[f"ddim/{row}/latents"])
    for index, expected in enumerate(trajectory):
        latents, state = scheduler.step(index, latents, np.sin(3 * latents), state)
        assert latents.dtype == np.float32
        assert_close(latents[0], expected)


@pytest.mark.parametrize("field", ["beta_schedule", "prediction_type", "timestep_spacing"])
def test_unknown_settings_are_refused_by_name(field):
    config = replace(CONFIG, **{field: "sideways"})
    latents = np.zeros((1, 4, 4, 4), np.float32)
    with pytest.raises(ModelError, match=f"{field} is 'sideways'; allowed: "):
        DDIMScheduler(config, 3).step(0, latents, latents, ())
