from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from diffusion.config import SchedulerConfig
from diffusion.errors import ModelError, RecipeError
from diffusion.noise import NormalStream
from diffusion.schedulers import KINDS, LABELS, make_scheduler, num_calls, resolve
from diffusion.schedulers.base import PREDICTION_TYPES, num_skipped_steps
from tests.conftest import REFERENCE
from tests.diffusion.comparison import assert_within, channels_last
from tests.reference.scheduler_rows import ROWS, SEED, SHAPE, Row, clean_latents

CLEAN = channels_last(clean_latents())


def config_of(row):
    told = {key: value for key, value in row.config.items() if value is not None}
    if "trained_betas" in told:
        told["trained_betas"] = tuple(told["trained_betas"])
    return SchedulerConfig(**told)


CONFIG = config_of(Row("ddim"))
DETERMINISTIC = [
    name for name in LABELS if name in KINDS and not KINDS[name].is_stochastic and name != "pndm"
]


@pytest.fixture(scope="module")
def runs():
    """For each row the timesteps of all calls, and latents before the first call and after each."""
    with np.load(REFERENCE / "schedulers.npz") as arrays:
        calls, timesteps, latents = (arrays[key] for key in ("calls", "timesteps", "latents"))
    found, taken = {}, 0
    for row, times in zip(ROWS, np.split(timesteps, np.cumsum(calls)[:-1]), strict=True):
        order = make_scheduler(row.scheduler, config_of(row), 1).order
        count = len(times) + 1 - num_skipped_steps(row.num_steps, row.strength) * order
        found[row] = times, channels_last(latents[taken : taken + count])[:, None]
        taken += count
    assert taken == len(latents)
    return found


def fresh(stream):
    _, channels, height, width = SHAPE
    return stream.draw(height, width, channels)[None]


def steps(scheduler, latents, first, stream):
    """Run a scheduler: the latents after each call, where the model's output is a sine."""
    state = scheduler.initial_state
    for index in range(first, len(scheduler.timesteps)):
        output = np.sin(3 * scheduler.scale_input(latents, index))
        noise = fresh(stream) if scheduler.needs_noise(index) else None
        latents, state = scheduler.step(index, latents, output, state, noise)
        yield latents


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_step_is_that_of_the_reference(runs, row):
    """Each call is given the reference's latents, so that a rounding is not magnified by the sine.

    The tolerance is 5e-6 of the largest number that goes into a step or comes out: float32 sums
    in another order, and where a schedule begins with sigmas of thousands, their last digits.
    """
    timesteps, trajectory = runs[row]
    scheduler = make_scheduler(row.scheduler, config_of(row), row.num_steps, eta=row.eta)
    np.testing.assert_allclose(scheduler.timesteps, timesteps, rtol=0, atol=2e-4)
    stream = NormalStream(SEED)
    first = num_skipped_steps(row.num_steps, row.strength) * scheduler.order
    noise = fresh(stream)
    if row.strength == 1:
        begun = scheduler.initial_latents(noise)
    else:
        begun = scheduler.add_noise(CLEAN, noise, first)
    differences, state = [largest(begun - trajectory[0]) / largest(begun)], scheduler.initial_state
    for call, (before, after) in enumerate(pairwise(trajectory)):
        index = first + call
        output = np.sin(3 * scheduler.scale_input(before, index))
        noise = fresh(stream) if scheduler.needs_noise(index) else None
        latents, state = scheduler.step(index, before, output, state, noise)
        assert latents.dtype == np.float32
        at_stake = trajectory[max(call - scheduler.order + 1, 0) : call + 2]
        differences.append(largest(latents - after) / largest(at_stake))
    assert_within(max(differences), 5e-6)


def largest(array):
    return np.abs(array).max()


@pytest.mark.parametrize("prediction_type", PREDICTION_TYPES)
@pytest.mark.parametrize("name", DETERMINISTIC)
def test_a_model_that_knows_the_picture_leads_to_it_by_the_level_of_each_call(
    name, prediction_type
):
    config = replace(CONFIG, prediction_type=prediction_type, set_alpha_to_one=True)
    scheduler, noise = make_scheduler(name, config, 7), fresh(NormalStream(SEED))
    latents, state = scheduler.add_noise(CLEAN, noise, 0), scheduler.initial_state
    for index in range(len(scheduler.timesteps)):
        np.testing.assert_allclose(latents, scheduler.add_noise(CLEAN, noise, index), atol=1e-4)
        output = known(prediction_type, scheduler, index, noise)
        np.testing.assert_allclose(scheduler.denoised(index, latents, output), CLEAN, atol=1e-4)
        latents, state = scheduler.step(index, latents, output, state)
    np.testing.assert_allclose(latents, CLEAN, atol=1e-4)


def known(prediction_type, scheduler, index, noise):
    """What a perfect model says."""
    if prediction_type == "epsilon":
        return noise
    if prediction_type == "sample":
        return CLEAN
    none = np.zeros_like(noise)
    signal, spread = (
        scheduler.scale_input(scheduler.add_noise(*parts, index), index)
        for parts in ((np.ones_like(noise), none), (none, np.ones_like(noise)))
    )
    return signal * noise - spread * CLEAN


@pytest.mark.parametrize("num_steps", [1, 2, 7])
@pytest.mark.parametrize("name", LABELS)
def test_any_number_of_steps_makes_finite_latents(name, num_steps):
    scheduler = make_scheduler(name, CONFIG, num_steps)
    assert (num_steps - 1) * scheduler.order < len(scheduler.timesteps) <= 2 * num_steps
    stream = NormalStream(SEED)
    *_, latents = steps(scheduler, scheduler.initial_latents(fresh(stream)), 0, stream)
    assert np.isfinite(latents).all()


@pytest.mark.parametrize("num_steps", [1, 2, 7])
@pytest.mark.parametrize("name", LABELS)
def test_the_number_of_calls_is_known_from_the_name(name, num_steps):
    scheduler = make_scheduler(name, CONFIG, num_steps)
    for first in range(num_steps):
        calls = scheduler.timesteps[first * scheduler.order :]
        assert num_calls(name, num_steps, first) == len(calls)


def test_by_a_name_that_is_unknown_there_is_a_call_for_each_step():
    assert num_calls("best quality", 7, 2) == 5


@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("name", KINDS)
def test_a_thousand_steps_are_finite_or_refused(name, spacing):
    config = replace(CONFIG, timestep_spacing=spacing)
    is_possible = {
        "leading": {"euler", "euler_ancestral", "heun", "dpm2"},
        "linspace": KINDS.keys() - {"dpmpp_2m", "dpmpp_2m_sde", "unipc", "lcm"},
        "trailing": KINDS.keys() - {"lcm"},
    }
    if name not in is_possible[spacing]:
        with pytest.raises(RecipeError, match="steps is 1000; allowed: "):
            make_scheduler(name, config, 1000)
        return
    scheduler, stream = make_scheduler(name, config, 1000), NormalStream(SEED)
    *_, latents = steps(scheduler, scheduler.initial_latents(fresh(stream)), 0, stream)
    assert np.isfinite(latents).all()


@pytest.mark.parametrize("num_steps", [61, 998])
def test_trailing_timesteps_are_as_many_as_asked_for(num_steps):
    config = replace(CONFIG, timestep_spacing="trailing")
    timesteps = make_scheduler("ddim", config, num_steps).timesteps
    assert len(timesteps) == num_steps
    assert timesteps[-1] >= 0


@pytest.mark.parametrize("name", LABELS)
def test_two_runs_of_one_scheduler_do_not_disturb_each_other(name):
    scheduler = make_scheduler(name, CONFIG, 7)
    begun = [scheduler.initial_latents(fresh(NormalStream(seed))) for seed in (1, 2)]
    alone = [list(steps(scheduler, one, 0, NormalStream(3))) for one in begun]
    together = zip(*(steps(scheduler, one, 0, NormalStream(3)) for one in begun), strict=True)
    np.testing.assert_array_equal(list(together), list(zip(*alone, strict=True)))


@pytest.mark.parametrize("name", [*KINDS, "euler_karras", "dpmpp_2m_sde_karras"])
def test_noise_is_wanted_by_the_stochastic_alone(name):
    scheduler = make_scheduler(name, CONFIG, 7)
    wanted = {scheduler.needs_noise(index) for index in range(len(scheduler.timesteps) - 1)}
    is_stochastic = KINDS[name.removesuffix("_karras")].is_stochastic
    assert wanted == {is_stochastic}


def test_lcm_adds_no_noise_at_last_and_ddpm_none_at_timestep_0():
    lcm, ddpm = make_scheduler("lcm", CONFIG, 4), make_scheduler("ddpm", CONFIG, 4)
    assert [lcm.needs_noise(index) for index in range(4)] == [True, True, True, False]
    assert ddpm.needs_noise(3)
    assert not make_scheduler("ddpm", replace(CONFIG, steps_offset=0), 4).needs_noise(3)


@pytest.mark.parametrize(
    ("num_steps", "strength", "skipped"),
    [
        (30, 1.0, 0),
        (30, 0.6, 12),
        (7, 0.6, 3),
        (10, 0.3, 7),
        (10, 0.29, 8),
        (10, 0.05, 10),
        (1, 0.99, 1),
        (1, 1.0, 0),
        (100, 0.57, 44),  # 100 * 0.57 is a little under 57
    ],
)
def test_strength_skips_the_first_steps(num_steps, strength, skipped):
    assert num_skipped_steps(num_steps, strength) == skipped


@pytest.mark.parametrize("name", LABELS)
def test_every_name_and_label_is_known(name):
    assert resolve(name) == name
    assert resolve(LABELS[name]) == name
    assert resolve(LABELS[name].upper()) == name


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("euler_a", "euler_ancestral"),
        ("k_euler_a", "euler_ancestral"),
        ("k_euler_ancestral", "euler_ancestral"),
        ("k_euler", "euler"),
        ("k_heun", "heun"),
        ("k_lms", "lms"),
        ("k_dpm_2", "dpm2"),
        ("DPM2 Karras", "dpm2_karras"),
        ("plms", "pndm"),
        ("PNDM", "pndm"),
        ("DPM++ 2M", "dpmpp_2m"),
        ("DPM++ 2M Karras", "dpmpp_2m_karras"),
        ("  dpm++ 2m  sde-exponential", "dpmpp_2m_sde_exponential"),
        ("k_dpmpp_2m", "dpmpp_2m"),
        ("DPMSolver++", "dpmpp_2m"),
        ("uni_pc", "unipc"),
        ("UniPC Beta", "unipc_beta"),
    ],
)
def test_names_of_other_tools_are_known(name, canonical):
    assert resolve(name) == canonical


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("eulr", "euler"), ("DPM++ 2N", "dpmpp_2m"), ("plmss", "pndm")],
)
def test_an_unknown_name_offers_the_nearest_and_lists_all(name, nearest):
    with pytest.raises(RecipeError) as caught:
        resolve(name)
    assert caught.value.field == "scheduler"
    assert caught.value.received == name
    assert caught.value.allowed.startswith(f"{nearest} (the nearest), or one of ")
    assert all(f" {known}" in caught.value.allowed for known in KINDS)


@pytest.mark.parametrize("name", ["", "?", "猫", "best quality"])
def test_a_name_like_no_other_lists_all(name):
    with pytest.raises(RecipeError, match=f"allowed: {', '.join(KINDS)}; with _karras"):
        resolve(name)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.spacings])
def test_a_spacing_that_a_scheduler_lacks_is_refused(name):
    with pytest.raises(RecipeError, match=f"allowed: {name}, without any spacing"):
        make_scheduler(f"{name}_karras", CONFIG, 7)


@pytest.mark.parametrize(
    ("name", "eta"), [("euler", 0.5), ("ddpm", 1), ("ddim", 1.1), ("ddim", -1)]
)
def test_eta_out_of_place_is_refused(name, eta):
    with pytest.raises(RecipeError, match=f"eta is {eta}; allowed: 0"):
        make_scheduler(name, CONFIG, 7, eta=eta)


@pytest.mark.parametrize("num_steps", [0, -1, 1001])
def test_numbers_of_steps_out_of_bounds_are_refused(num_steps):
    with pytest.raises(RecipeError, match=f"steps is {num_steps}; allowed: 1 to 1000"):
        make_scheduler("euler", CONFIG, num_steps)


@pytest.mark.parametrize("name", ["ddim", "euler", "dpmpp_2m"])
@pytest.mark.parametrize("field", ["beta_schedule", "prediction_type", "timestep_spacing"])
def test_unknown_settings_are_refused_by_name(name, field):
    with pytest.raises(ModelError, match=f"{field} is 'sideways'; allowed: "):
        make_scheduler(name, replace(CONFIG, **{field: "sideways"}), 3)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("pndm", {"skip_prk_steps": False}, "skip_prk_steps is False"),
        ("ddpm", {"variance_type": "learned"}, "variance_type is 'learned'"),
        ("euler", {"trained_betas": (0.1, 0.2)}, "trained_betas has 2 entries; allowed: 1000"),
        (
            "ddim",
            {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"},
            "leaves no signal",
        ),
    ],
)
def test_configurations_that_a_scheduler_cannot_follow_are_refused(name, settings, message):
    with pytest.raises(ModelError, match=message):
        make_scheduler(name, replace(CONFIG, **settings), 7)


@pytest.mark.parametrize("name", KINDS)
def test_zero_terminal_signal_begins_with_pure_noise(name):
    config = replace(
        CONFIG,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )
    scheduler, noise = make_scheduler(name, config, 7), fresh(NormalStream(SEED))
    begun = scheduler.scale_input(scheduler.add_noise(CLEAN, noise, 0), 0)
    np.testing.assert_allclose(begun, noise, atol=5e-4)
