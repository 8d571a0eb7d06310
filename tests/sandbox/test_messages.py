"""Messages by the bot's own token, and what is wrong with some."""

from typing import Any

import pytest

from sdbot.sandbox import objects
from tests.sandbox.bot_http import BotHTTP, form
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import picture

MIB = 1024 * 1024


@pytest.fixture
def path(member: Member) -> str:
    return f"channels/{member.channel_id}/messages"


async def test_an_enforced_nonce_makes_one_message(bot_http: BotHTTP, path: str) -> None:
    body = {"content": "Once", "nonce": "42", "enforce_nonce": True}
    _, first = await bot_http.request("POST", path, json=body)
    _, second = await bot_http.request("POST", path, json=body)
    _, other = await bot_http.request("POST", path, json={**body, "nonce": "43"})
    assert first["id"] == second["id"] != other["id"]
    assert len((await bot_http.request("GET", path))[1]) == 2


async def test_messages_are_listed_newest_first_within_bounds(bot_http: BotHTTP, path: str) -> None:
    ids = [
        (await bot_http.request("POST", path, json={"content": str(number)}))[1]["id"]
        for number in range(4)
    ]

    async def listed(query: str) -> list[str]:
        return [message["id"] for message in (await bot_http.request("GET", path + query))[1]]

    assert await listed("") == ids[::-1]
    assert await listed("?limit=2") == [ids[3], ids[2]]
    assert await listed(f"?before={ids[2]}&limit=1") == [ids[1]]
    assert await listed(f"?after={ids[0]}&limit=2") == [ids[2], ids[1]]


async def test_an_edit_keeps_the_files_it_lists_and_drops_the_others(
    bot_http: BotHTTP, path: str
) -> None:
    listed = [{"id": 0, "description": "First"}, {"id": 1, "description": "Second"}]
    files = [("a.png", picture().read()), ("b c.txt", b"text")]
    _, message = await bot_http.request("POST", path, data=form({"attachments": listed}, *files))
    first, second = message["attachments"]
    assert (second["filename"], second["content_type"]) == ("b_c.txt", "application/octet-stream")

    edit = {"attachments": [{"id": second["id"]}, {"id": 0, "description": "Third"}]}
    data = form(edit, ("c.png", picture().read()))
    _, edited = await bot_http.request("PATCH", f"{path}/{message['id']}", data=data)
    assert [a["filename"] for a in edited["attachments"]] == ["b_c.txt", "c.png"]
    assert [a.get("description") for a in edited["attachments"]] == ["Second", "Third"]
    async with bot_http.http.get(first["url"]) as response:
        assert response.status == 404
    async with bot_http.http.get(second["url"]) as response:
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_is_known_by_its_bytes_and_not_by_its_name(
    bot_http: BotHTTP, path: str
) -> None:
    files = [("page.png", b"<script>alert(1)</script>"), ("apple.txt", picture().read())]
    _, message = await bot_http.request("POST", path, data=form({}, *files))
    types = [attachment["content_type"] for attachment in message["attachments"]]
    assert types == ["application/octet-stream", "image/png"]


async def test_of_the_flags_a_bot_sets_those_that_it_may(bot_http: BotHTTP, path: str) -> None:
    hides_embeds, is_ephemeral, is_loading = 1 << 2, 1 << 6, 1 << 7
    body = {"content": "x", "flags": hides_embeds | is_ephemeral | is_loading}
    message = await bot_http.done("POST", path, json=body)
    assert message["flags"] == hides_embeds
    own = f"{path}/{message['id']}"
    for asked, flags in ((0, 0), (is_ephemeral, 0), (hides_embeds, hides_embeds), (None, 4)):
        edited = await bot_http.done("PATCH", own, json={"flags": asked})
        assert edited["flags"] == flags


async def test_only_allowed_mentions_are_told(bot_http: BotHTTP, path: str, member: Member) -> None:
    ada = (await member.state())["member_id"]
    for allowed, told in (
        ({"parse": []}, []),
        ({"parse": [], "users": [ada]}, ["ada"]),
        ({"parse": ["users"]}, ["ada"]),
    ):
        body = {"content": f"<@{ada}>", "allowed_mentions": allowed}
        _, message = await bot_http.request("POST", path, json=body)
        assert [user["username"] for user in message["mentions"]] == told


async def test_a_file_over_the_limit_is_40005_and_one_at_the_limit_is_taken(
    bot_http: BotHTTP, path: str
) -> None:
    data = form({}, ("big.bin", bytes(10 * MIB + 1)), ("small.bin", b"x"))
    status, body = await bot_http.request("POST", path, data=data)
    assert (status, body["code"]) == (413, 40005)
    status, _ = await bot_http.request("POST", path, data=form({}, ("big.bin", bytes(10 * MIB))))
    assert status == 200


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({"content": "x" * 2001}, 50035, ["content"]),
        ({"content": ""}, 50006, None),
        ({"attachments": [{"id": 0}]}, 50035, ["attachments", "0", "id"]),
        ({"content": "x", "components": [{"type": 1}] * 6}, 50035, ["components"]),
        ({"embeds": [None]}, 50035, ["embeds", "0"]),
        ({"embeds": [{"title": 5}]}, 50035, ["embeds", "0", "title"]),
        ({"embeds": [{"image": "x"}]}, 50035, ["embeds", "0", "image"]),
        ({"embeds": [{"image": {"url": []}}]}, 50035, ["embeds", "0", "image", "url"]),
        ({"embeds": [{"fields": [5]}]}, 50035, ["embeds", "0", "fields", "0"]),
        (
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x"}]}]},
            50035,
            ["components", "0", "components", "0", "custom_id"],
        ),
    ],
)
async def test_a_message_that_cannot_be_is_refused_with_the_place_of_the_fault(
    bot_http: BotHTTP, path: str, body: dict[str, Any], code: int, where: list[str] | None
) -> None:
    status, answer = await bot_http.request("POST", path, json=body)
    assert (status, answer["code"]) == (400, code)
    if where:
        node = answer["errors"]
        for name in where:
            node = node[name]
        assert node["_errors"][0]["code"]


async def test_a_null_in_an_embed_is_the_same_as_nothing(bot_http: BotHTTP, path: str) -> None:
    embed = {"title": "x", "image": None, "fields": None}
    status, message = await bot_http.request("POST", path, json={"embeds": [embed]})
    assert (status, message["embeds"]) == (200, [{"type": "rich", "title": "x"}])


async def test_a_message_that_cannot_be_shown_is_not_kept(
    bot_http: BotHTTP, path: str, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(objects, "message", lambda *_: 1 / 0)
        async with bot_http.http.post(
            path, json={"content": "x"}, headers={"Authorization": f"Bot {bot_http.sandbox.token}"}
        ) as response:
            assert response.status == 500
    assert await member.messages() == []


async def test_a_list_that_discord_would_refuse_is_refused(bot_http: BotHTTP, path: str) -> None:
    for query, name, code in (
        ("limit=x", "limit", "NUMBER_TYPE_COERCE"),
        ("limit=0", "limit", "NUMBER_TYPE_MIN"),
        ("limit=101", "limit", "NUMBER_TYPE_MAX"),
        ("before=x", "before", "NUMBER_TYPE_COERCE"),
        (f"after={'9' * 5000}", "after", "NUMBER_TYPE_COERCE"),
    ):
        status, body = await bot_http.request("GET", f"{path}?{query}")
        assert (status, body["code"]) == (400, 50035)
        assert body["errors"][name]["_errors"][0]["code"] == code


async def test_what_is_not_there_has_its_own_code(bot_http: BotHTTP, path: str) -> None:
    for unknown, code in (
        (f"{path}/1", 10008),
        ("channels/1", 10003),
        ("channels/1/messages", 10003),
    ):
        status, body = await bot_http.request("GET", unknown)
        assert (status, body["code"]) == (404, code)


async def test_the_bots_token_is_asked_for(bot_http: BotHTTP, path: str) -> None:
    for headers in ({}, {"Authorization": "Bot wrong"}):
        status, body = await bot_http.request("GET", path, headers=headers)
        assert (status, body["message"]) == (401, "401: Unauthorized")


async def test_an_unknown_route_is_named_in_the_log(
    bot_http: BotHTTP, caplog: pytest.LogCaptureFixture
) -> None:
    status, _ = await bot_http.request("POST", "stage-instances")
    assert status == 404
    assert "POST /api/v10/stage-instances" in caplog.text


async def test_json_is_named_without_a_charset(bot_http: BotHTTP) -> None:
    headers = {"Authorization": f"Bot {bot_http.sandbox.token}"}
    async with bot_http.http.get("users/@me", headers=headers) as response:
        assert response.headers["Content-Type"] == "application/json"


async def test_a_conversation_with_the_member_is_opened_once(
    bot_http: BotHTTP, member: Member
) -> None:
    ada = (await member.state())["member_id"]
    body = {"recipient_id": ada}
    _, first = await bot_http.request("POST", "users/@me/channels", json=body)
    _, second = await bot_http.request("POST", "users/@me/channels", json=body)
    assert first["id"] == second["id"]
    assert first["recipients"][0]["username"] == "ada"
