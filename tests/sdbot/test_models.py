"""Several models: chosen, found, hidden and gone, as a member sees it."""

import shutil

import pytest

from diffusion import digest
from diffusion.errors import ModelError
from diffusion.info import ModelInfo
from tests.conftest import MODEL
from tests.sdbot.conversation import (
    completed,
    picture_message,
    press,
    pressed,
    refused,
    registered,
    told,
)
from tests.sdbot.engine import StandInEngine
from tests.sdbot.weights import age, put_model, put_weights, until_offered

GONE = "The model that this was asked of is no longer here, or cannot be loaded."


class PickyEngine(StandInEngine):
    """Cannot load the models in `broken`."""

    def __init__(self):
        super().__init__()
        self.broken = set()

    async def load(self, model, library):
        await super().load(model, library)
        if model.content_hash in self.broken:
            self.loaded.remove(model.content_hash)
            raise ModelError(f"{model.path} is damaged")


@pytest.fixture
def engine():
    return PickyEngine()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr("sdbot.service.discovery.LOOK_SECONDS", 0.05)


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder


@pytest.fixture
def default():
    return ModelInfo.read(MODEL)


def hidden(caplog):
    """What the operator was told of models that cannot be used."""
    return [record.error for record in caplog.records if record.getMessage() == "model_hidden"]


class TestAModelThatIsChosen:
    @pytest.fixture
    def anime(self, weights):
        bounds = {"default": 5, "min": 2, "max": 150}
        model = put_model(weights, "anime", steps=bounds, sizes=[[64, 96], [96, 64]])
        age(model.path)  # it counts for the commands' bounds only where nobody may be writing it
        return model

    @pytest.fixture
    async def bot(self, anime, start_bot, member):
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
            yield

    async def test_paints(self, bot, member, engine, anime, default):
        await member.command("imagine", prompt="an apple", model="Anime")
        assert " · anime · job 1" in (await picture_message(member))["content"]
        await member.command("imagine", prompt="an apple")
        assert " · emoji · job 2" in (await picture_message(member))["content"]
        models = [anime.content_hash, default.content_hash]
        assert [recipe.model for recipe in engine.recipes] == models
        assert engine.recipes[0].sampling.num_steps == 5

    async def test_is_loaded_when_it_is_asked_for_and_the_member_is_told(self, bot, member, engine):
        engine.may_load.clear()
        await member.command("imagine", prompt="an apple", model="anime")
        await told(member, "Loading the model anime. (job 1)")
        engine.may_load.set()
        await picture_message(member)
        await pressed(member, (await member.messages())[-1], "Reroll")
        assert [model.path.name for model in engine.loads] == ["emoji", "anime"]

    async def test_that_nobody_waits_for_any_more_holds_up_no_one(self, bot, member, engine):
        engine.may_load.clear()
        await member.command("imagine", prompt="an apple", model="anime")
        await told(member, "Loading the model anime. (job 1)")
        await member.command("cancel", job=1)
        await told(member, "Cancelled. (job 1)")
        await member.command("imagine", prompt="a pear")
        await picture_message(member)
        assert [recipe.text.prompt for recipe in engine.recipes] == ["a pear"]

    async def test_is_completed_from_what_was_typed(self, bot, member):
        assert await completed(member, "model", "NI") == ["anime"]
        assert await completed(member, "model", "x") == []
        assert await completed(member, "model", "", command="remix") == ["emoji", "anime"]

    async def test_decides_which_sizes_are_offered_and_allowed(self, bot, member):
        assert await completed(member, "size", "", model="anime") == ["64 x 96", "96 x 64"]
        await member.command("imagine", prompt="an apple", size="128 x 128", model="anime")
        await refused(member, "size is 128 x 128; allowed: 64 x 96, 96 x 64. Please try again.")

    async def test_has_bounds_of_its_own_within_those_that_discord_shows(self, bot, member):
        for command in ("imagine", "remix"):
            options = (await registered(member, command))["options"]
            (steps,) = (option for option in options if option["name"] == "steps")
            assert (steps["min_value"], steps["max_value"]) == (1, 150)
        await member.command("imagine", prompt="an apple", steps=120)
        await refused(member, "steps is 120; allowed: 1 to 100.")
        await member.command("imagine", prompt="an apple", steps=1, model="anime")
        await refused(member, "steps is 1; allowed: 2 to 150.")

    async def test_that_there_is_not_is_refused_with_the_nearest(self, bot, member, engine):
        await member.command("imagine", prompt="an apple", model="anmie")
        said = "model is anmie; allowed: anime (the nearest), or one of emoji, anime."
        await refused(member, said)
        assert engine.orders == []

    async def test_is_named_by_help(self, bot, member):
        await member.command("help")
        await refused(member, "-# Models: emoji, anime")

    async def test_paints_again_what_it_painted(self, bot, member, engine, anime):
        await member.command("imagine", prompt="an apple", model="anime", steps=3)
        message = await picture_message(member)
        for button in ("Reroll", "Subtle", "Enlarge"):
            await pressed(member, message, button)
        assert {recipe.model for recipe in engine.recipes} == {anime.content_hash}

    async def test_that_cannot_be_loaded_is_hidden_and_whoever_waits_for_it_is_told(
        self, bot, member, ben, engine, anime, caplog
    ):
        engine.broken.add(anime.content_hash)
        engine.may_paint.clear()
        await ben.command("imagine", prompt="held up")
        await told(ben, "Painting, step 1")
        for model in ("anime", "emoji", "anime"):
            await member.command("imagine", prompt="an apple", model=model)
        await told(member, "In line, place 3")
        engine.may_paint.set()
        gone = [(await told(member, GONE))["content"] for _ in range(2)]
        assert {sentence[-7:] for sentence in gone} == {"(job 2)", "(job 4)"}
        await told(member, "Your picture is ready")
        assert [recipe.text.prompt for recipe in engine.recipes] == ["held up", "an apple"]
        await until_offered(member, "model", "emoji")
        (fault,) = hidden(caplog)
        assert fault == f"ModelHidden('anime: {anime.path} is damaged')"


async def test_with_one_model_pictures_do_not_name_it(start_bot, member):
    async with start_bot():
        await member.command("imagine", prompt="an apple")
        assert "emoji" not in (await picture_message(member))["content"]


async def test_named_models_are_offered_by_their_names_and_no_others(
    start_bot, member, weights, tmp_path
):
    put_model(weights, "anime")
    other = put_model(tmp_path, "elsewhere")
    async with start_bot(MODELS=f"photo={other.path}, small={MODEL}"):
        await until_offered(member, "model", "small", "photo")


async def test_what_is_put_into_the_folder_is_offered_without_a_restart(
    start_bot, member, weights, tmp_path
):
    async with start_bot():
        await until_offered(member, "model", "emoji")
        shutil.move(put_model(tmp_path, "anime").path, weights / "anime")
        await until_offered(member, "model", "emoji", "anime")
        shutil.rmtree(weights / "anime")
        await until_offered(member, "model", "emoji")


async def test_a_broken_file_is_named_to_the_operator_once_and_offered_once_it_is_mended(
    start_bot, member, weights, caplog
):
    anime = put_model(weights, "anime")
    config = anime.path / "unet" / "config.json"
    text = config.read_text()
    config.unlink()
    config.write_text(text[:-9])
    (weights / "broken.safetensors").write_bytes(b"no tensors")
    put_model(weights, "photo")
    async with start_bot():
        await until_offered(member, "model", "emoji", "photo")
        (of_anime, of_broken) = hidden(caplog)
        assert str(config) in of_anime
        assert "broken.safetensors" in of_broken
        config.write_text(text)
        await until_offered(member, "model", "emoji", "photo", "anime")
        assert len(hidden(caplog)) == 2


class TestAfterARestart:
    async def test_what_waits_is_painted_by_its_own_model(
        self, start_bot, member, engine, weights, default
    ):
        anime = put_model(weights, "anime")
        engine.may_paint.clear()
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
            await member.command("imagine", prompt="an apple")
            await member.command("imagine", prompt="an apple", model="anime")
            await told(member, "In line, place 1")
        engine.may_paint.set()
        engine.orders.clear()
        async with start_bot():
            for _ in range(2):
                await picture_message(member)
        models = {default.content_hash, anime.content_hash}
        assert {recipe.model for recipe in engine.recipes} == models

    async def test_who_waits_for_a_model_that_is_gone_is_told(
        self, start_bot, member, engine, weights
    ):
        put_model(weights, "anime")
        engine.may_paint.clear()
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
            await member.command("imagine", prompt="an apple", model="anime")
            await told(member, "Painting, step 1")
        shutil.rmtree(weights / "anime")
        async with start_bot():
            await told(member, f"{GONE} Please ask again, with another model. (job 1)")

    async def test_what_a_model_that_is_gone_painted_is_painted_again_by_the_default_one(
        self, start_bot, member, engine, weights, default
    ):
        put_model(weights, "anime")
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
            await member.command("imagine", prompt="an apple", model="anime", seed=7)
            message = await picture_message(member)
        shutil.rmtree(weights / "anime")
        async with start_bot():
            await pressed(member, message, "Reroll")
            await press(member, message, "Recipe")
            await refused(member, "an apple")
        first, second = engine.recipes
        assert first.model != second.model == default.content_hash

    async def test_no_file_is_read_again_for_its_hash(
        self, start_bot, member, weights, monkeypatch
    ):
        put_weights(weights, "anime", 0.1)
        monkeypatch.setattr(digest, "_KNOWN", {})
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
        monkeypatch.setattr(digest, "_KNOWN", {})
        monkeypatch.delattr("hashlib.file_digest")
        async with start_bot():
            await until_offered(member, "model", "emoji", "anime")
