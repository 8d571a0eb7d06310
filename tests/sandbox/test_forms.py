"""What a message may be: lengths, counts and shapes."""

from typing import Any

import pytest

from sdbot.sandbox.forms import check_message
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.refusals import faults, spoiled

FULL_EMBED = {
    "title": "t" * 256,
    "description": "d" * 4096,
    "url": "https://example.org/a",
    "timestamp": "2024-02-29T12:00:00.000000+00:00",
    "color": 0xFFFFFF,
    "author": {"name": "n" * 256, "url": "http://example.org", "icon_url": "attachment://a.png"},
    "footer": {"text": "f" * 300, "icon_url": "https://example.org/i.png"},
    "image": {"url": "attachment://a.png"},
    "thumbnail": {"url": "https://example.org/t.png"},
    "fields": [{"name": "n" * 20, "value": "v" * 20, "inline": True}] * 25,
}
FULL = {
    "content": "c" * 2000,
    "tts": False,
    "flags": 1 << 12,
    "nonce": "n" * 25,
    "enforce_nonce": False,
    "allowed_mentions": {"parse": ["roles"], "users": ["1"], "replied_user": False},
    "message_reference": {"message_id": "1", "channel_id": 2, "fail_if_not_exists": False},
    "embeds": [{**FULL_EMBED, "fields": FULL_EMBED["fields"][:2]}],
    "components": [
        {
            "type": 1,
            "components": [
                {"type": 2, "style": 1, "label": "l" * 80, "custom_id": "c" * 100},
                {"type": 2, "style": 5, "emoji": {"name": "🎨"}, "url": "https://example.org"},
            ],
        },
        {
            "type": 1,
            "components": [
                {
                    "type": 3,
                    "custom_id": "size",
                    "placeholder": "Size",
                    "min_values": 0,
                    "max_values": 1,
                    "options": [{"label": "Small", "value": "s", "default": True}],
                }
            ],
        },
    ],
    "attachments": [{"id": 0, "filename": "a.png", "description": "a" * 1024}],
}


def test_a_message_with_all_it_may_have_is_taken() -> None:
    assert faults(check_message, FULL, {0}) == {}
    assert faults(check_message, {"embeds": [FULL_EMBED]}, {0}) == {}


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ({"content": "c" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
        ({"content": 5}, {"content": "STRING_TYPE_CONVERT"}),
        ({"tts": "x"}, {"tts": "BOOLEAN_TYPE_CONVERT"}),
        ({"flags": "x"}, {"flags": "NUMBER_TYPE_COERCE"}),
        ({"flags": True}, {"flags": "NUMBER_TYPE_COERCE"}),
        ({"flags": 1 << 15}, {"flags": "SANDBOX_LACKS_COMPONENTS_V2"}),
        ({"nonce": "n" * 26}, {"nonce": "NONCE_TYPE_TOO_LONG"}),
        ({"nonce": 1.5}, {"nonce": "NONCE_TYPE_INVALID_TYPE"}),
        ({"embeds": 3}, {"embeds": "LIST_TYPE_CONVERT"}),
        ({"components": {}}, {"components": "LIST_TYPE_CONVERT"}),
        ({"attachments": "x"}, {"attachments": "LIST_TYPE_CONVERT"}),
        ({"allowed_mentions": 5}, {"allowed_mentions": "MODEL_TYPE_CONVERT"}),
        ({"message_reference": []}, {"message_reference": "MODEL_TYPE_CONVERT"}),
        ([], {"": "MODEL_TYPE_CONVERT"}),
    ],
)
def test_each_fault_of_a_message_has_discords_code(message: Any, refused: dict[str, str]) -> None:
    assert faults(check_message, message, set()) == refused


@pytest.mark.parametrize(
    ("embed", "refused"),
    [
        ({}, {"description": "BASE_TYPE_REQUIRED"}),
        ({"title": "t" * 257}, {"title": "BASE_TYPE_MAX_LENGTH"}),
        ({"description": "d" * 4097}, {"description": "BASE_TYPE_MAX_LENGTH"}),
        ({"title": "t", "url": "x"}, {"url": "URL_TYPE_INVALID_URL"}),
        ({"title": "t", "url": "ftp://example.org"}, {"url": "URL_TYPE_INVALID_SCHEME"}),
        ({"title": "t", "url": "attachment://a.png"}, {"url": "URL_TYPE_INVALID_SCHEME"}),
        ({"image": {}}, {"description": "BASE_TYPE_REQUIRED", "image.url": "BASE_TYPE_REQUIRED"}),
        ({"image": {"url": "data://x"}}, {"image.url": "URL_TYPE_INVALID_SCHEME"}),
        ({"title": "t", "color": -1}, {"color": "NUMBER_TYPE_MIN"}),
        ({"title": "t", "color": 0x1000000}, {"color": "NUMBER_TYPE_MAX"}),
        ({"title": "t", "color": "red"}, {"color": "NUMBER_TYPE_COERCE"}),
        ({"title": "t", "timestamp": "today"}, {"timestamp": "DATE_TIME_TYPE_PARSE"}),
        ({"title": "t", "timestamp": 5}, {"timestamp": "DATE_TIME_TYPE_PARSE"}),
        ({"author": {"name": "a" * 257}}, {"author.name": "BASE_TYPE_MAX_LENGTH"}),
        (
            {"author": {"icon_url": "x"}},
            {
                "author.icon_url": "URL_TYPE_INVALID_URL",
                "author.name": "BASE_TYPE_REQUIRED",
            },
        ),
        ({"footer": {"text": "f" * 2049}}, {"footer.text": "BASE_TYPE_MAX_LENGTH"}),
        ({"fields": [{"name": "n", "value": "v"}] * 26}, {"fields": "BASE_TYPE_MAX_LENGTH"}),
        ({"fields": [{"name": "n"}]}, {"fields.0.value": "BASE_TYPE_REQUIRED"}),
        (
            {"fields": [{"name": "n" * 257, "value": "v" * 1025}]},
            {
                "fields.0.name": "BASE_TYPE_MAX_LENGTH",
                "fields.0.value": "BASE_TYPE_MAX_LENGTH",
            },
        ),
    ],
)
def test_each_fault_of_an_embed_has_discords_code(
    embed: dict[str, Any], refused: dict[str, str]
) -> None:
    at = {f"embeds.0.{path}": code for path, code in refused.items()}
    assert faults(check_message, {"embeds": [embed]}, set()) == at


def test_the_characters_of_all_embeds_together_are_bound() -> None:
    embeds = [{"description": "d" * 3000}, {"title": "t", "footer": {"text": "f" * 2000}}]
    field = {"name": "n" * 100, "value": "v" * 899}
    assert faults(check_message, {"embeds": [*embeds, {"fields": [field]}]}, set()) == {}
    field = {"name": "n" * 100, "value": "v" * 900}
    too_many = {"embeds": [*embeds, {"fields": [field]}]}
    assert faults(check_message, too_many, set()) == {"embeds": "MAX_EMBED_SIZE_EXCEEDED"}
    eleven = {"embeds": [{"title": "t"}] * 11}
    assert faults(check_message, eleven, set()) == {"embeds": "BASE_TYPE_MAX_LENGTH"}


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ({"parse": ["users"], "roles": ["1"]}, {}),
        ({"parse": ["users"], "users": []}, {}),
        ({"parse": ["users"], "users": ["1"]}, {"": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"}),
        ({"parse": ["here"]}, {"parse.0": "BASE_TYPE_CHOICES"}),
        ({"parse": ["users", "users"]}, {"parse.1": "SET_TYPE_ALREADY_CONTAINS_VALUE"}),
        ({"users": [str(id) for id in range(100)]}, {}),
        ({"users": [str(id) for id in range(101)]}, {"users": "BASE_TYPE_MAX_LENGTH"}),
        ({"roles": ["x"]}, {"roles.0": "NUMBER_TYPE_COERCE"}),
        ({"replied_user": 1}, {"replied_user": "BOOLEAN_TYPE_CONVERT"}),
    ],
)
def test_mentions_are_allowed_by_kind_or_by_id_and_not_by_both(
    allowed: dict[str, Any], refused: dict[str, str]
) -> None:
    at = {f"allowed_mentions.{path}".rstrip("."): code for path, code in refused.items()}
    assert faults(check_message, {"allowed_mentions": allowed}, set()) == at


async def test_a_reply_answers_a_message_of_the_channel(bot_http: BotHTTP, member: Member) -> None:
    other = (await member.channel("sketches"))["id"]
    _, message = await bot_http.request("POST", f"channels/{other}/messages", json={"content": "x"})
    path = f"channels/{member.channel_id}/messages"
    for id in ("1", message["id"]):
        body = {"content": "x", "message_reference": {"message_id": id}}
        status, answer = await bot_http.request("POST", path, json=body)
        assert (status, answer["code"]) == (400, 50035)
        (fault,) = answer["errors"]["message_reference"]["_errors"]
        assert fault["code"] == "REPLIES_UNKNOWN_MESSAGE"


def test_a_reply_names_a_message() -> None:
    for reference, code in (
        ({}, "BASE_TYPE_REQUIRED"),
        ({"message_id": "x"}, "NUMBER_TYPE_COERCE"),
    ):
        refused = faults(check_message, {"message_reference": reference}, set())
        assert refused == {"message_reference.message_id": code}


@pytest.mark.parametrize(
    ("attachments", "refused"),
    [
        ([{"id": 0}, {"id": "1"}, {"id": "99"}], {}),
        ([{"id": 2}], {"attachments.0.id": "ATTACHMENT_NOT_FOUND"}),
        ([{"id": "98"}], {"attachments.0.id": "ATTACHMENT_NOT_FOUND"}),
        ([{"filename": "a.png"}], {"attachments.0.id": "BASE_TYPE_REQUIRED"}),
        (
            [{"id": 0, "description": "a" * 1025}],
            {"attachments.0.description": "BASE_TYPE_MAX_LENGTH"},
        ),
        ([{"id": 0}] * 11, {"attachments": "BASE_TYPE_MAX_LENGTH"}),
    ],
)
def test_an_attachment_is_a_file_that_came_or_is_kept(
    attachments: list[Any], refused: dict[str, str]
) -> None:
    assert faults(check_message, {"attachments": attachments}, {0, 1}, {"99"}) == refused


def test_ten_files_are_the_most_that_a_message_has() -> None:
    kept = [str(id) for id in range(100, 105)]
    for payload, number in (({}, 5), ({"attachments": [{"id": kept[0]}]}, 9)):
        assert faults(check_message, payload, set(range(number)), kept) == {}
        too_many = faults(check_message, payload, set(range(number + 1)), kept)
        assert too_many == {"attachments": "BASE_TYPE_MAX_LENGTH"}


async def test_no_value_anywhere_in_a_message_is_more_than_the_sandbox_can_bear(
    bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    for place, message in spoiled(FULL):
        # What is refused within a field is not worth a request.
        if len(place) == 2 or (place[:-1] and not faults(check_message, message, {0})):
            status, body = await bot_http.request("POST", path, data=form(message, ("a.png", b"")))
            assert (status, body.get("code")) in {(200, None), (400, 50035)}, place


async def test_the_faults_of_an_answer_are_under_its_data(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    gateway = await bot_http.identify()
    await member.command("paint", prompt="x")
    interaction = (await gateway.receive_json())["d"]
    for type, data, name, code in (
        (4, {"embeds": 3}, "embeds", "LIST_TYPE_CONVERT"),
        (5, {"flags": "x"}, "flags", "NUMBER_TYPE_COERCE"),
        (9, {"custom_id": "x", "title": "x"}, "components", "BASE_TYPE_REQUIRED"),
    ):
        status, body = await bot_http.answer(interaction, type, data)
        assert (status, body["code"]) == (400, 50035)
        assert body["errors"]["data"][name]["_errors"][0]["code"] == code


async def test_an_edit_keeps_only_files_that_the_message_has(
    bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    _, message = await bot_http.request("POST", path, data=form({}, ("a.txt", b"a")))
    at = f"{path}/{message['id']}"
    kept = {"attachments": [{"id": message["attachments"][0]["id"]}]}
    assert (await bot_http.request("PATCH", at, json=kept))[0] == 200
    status, body = await bot_http.request("PATCH", at, json={"attachments": [{"id": "1"}]})
    assert (status, body["code"]) == (400, 50035)
    assert body["errors"]["attachments"]["0"]["id"]["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"
