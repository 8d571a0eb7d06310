"""Whatever is asked, in whatever form: the fault is the asker's, and never the sandbox's."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from sdbot.sandbox import Settings
from tests.sandbox.bot_http import COMMAND, BotHTTP, dispatched
from tests.sandbox.member import Event, Member
from tests.sandbox.refusals import spoiled
from tests.sandbox.samples import (
    BUTTONS,
    COMPLETING,
    NESTED,
    OFFERING,
    POINTING,
    SELECTS,
    rows,
)

IDS = ["x", "0", "-1", "9" * 30, "\0", "@me", "@original", "ä", "..", "{}", " "]
NO_JSON = [
    *(b"", b"{", b"null", b"5", b'"x"', b"[]", b"[" * 100_000, b'{"a":' * 100_000),
    *(b"\xff\xfe\xfd", b'{"content": "\\ud800"}', b'{"content": 1e999}'),
    *(b'{"flags": ' + b"9" * 5000 + b"}", b'{"content": "x", "content": 5}'),
]
BOUNDARY = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n'
FORMS = [
    ("multipart/form-data", b""),
    ("multipart/form-data; boundary=", b"x"),
    ("multipart/form-data; boundary=" + "x" * 71, b"x"),
    (BOUNDARY, b""),
    (BOUNDARY, b"no boundary here"),
    (BOUNDARY, b"--x\r\n\r\n"),
    (BOUNDARY, b"--x--\r\n"),
    (BOUNDARY, PART),
    (BOUNDARY, PART + b"{}"),
    (BOUNDARY, PART + b"{\r\n--x--\r\n"),
    (BOUNDARY, PART + b"[]\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\nno header\r\n\r\n{}\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\nContent-Encoding: nonsense\r\n\r\n{}\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\nContent-Length: x\r\n\r\n{}\r\n--x--\r\n"),
    (BOUNDARY, b"--x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n{}\r\n--x--\r\n"),
    (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n\xff\r\n--x--\r\n'),
    ("application/x-www-form-urlencoded", b"content=x"),
    ("application/json; charset=nonsense", b"{}"),
    ("nonsense", b"{}"),
]


# No bot is there to answer.
HURRIED = pytest.mark.parametrize("settings", [Settings(rate_limits=False, answer_seconds=0.01)])
PATIENT = pytest.mark.parametrize("settings", [Settings(rate_limits=False, answer_seconds=60)])


def bodies(*valid: Any) -> Iterator[bytes]:
    """What is spoiled in one place, or is no JSON at all."""
    for form in valid:
        for _, body in spoiled(form):
            yield json.dumps(body).encode()
    yield from NO_JSON


async def check(
    http: aiohttp.ClientSession, method: str, path: str, data: bytes, **headers: str
) -> bool:
    """Whether it was done. What was not is answered with a reason."""
    async with http.request(method, path, data=data, headers=headers) as response:
        answer = await response.read()
        assert response.status < 500, (method, path, data[:200])
        if response.status >= 400 and response.content_type == "application/json":
            assert json.loads(answer)["message"]
        return response.ok


@HURRIED
async def test_no_body_of_a_page_breaks_the_sandbox(bot_http: BotHTTP, member: Member) -> None:
    completing = {**COMPLETING, "name": "complete"}
    await bot_http.register(completing, NESTED, POINTING, {"type": 3, "name": "A menu"})
    own = await member.write("x")
    upload = (await member.upload("a.txt", b"x"))["id"]
    path = f"channels/{member.channel_id}/messages"
    body = {"components": rows(BUTTONS[0], *SELECTS[:2])}
    message = (await bot_http.done("POST", path, json=body))["id"]
    who = {"member_id": member.id}
    here = {**who, "channel_id": member.channel_id}
    nested = {"style": {"add": {"style": "x"}}}
    pointing = {"user": member.id, "file": upload, "channel": member.channel_id}
    typed = {"style": "x", "steps": "1", "who": member.id}
    for route, *valid in (
        (
            "commands",
            {**here, "name": "picture", "type": 1, "options": nested},
            {**here, "name": "point", "options": pointing},
            {**here, "name": "A menu", "type": 3, "target_id": own},
        ),
        (
            "autocomplete",
            {**here, "name": "complete", "options": typed, "focused": "style"},
            {**here, "name": "picture", "options": nested, "focused": "steps"},
        ),
        ("components", {**who, "message_id": message, "custom_id": "text", "values": ["oil"]}),
        ("components", {**who, "message_id": message, "custom_id": "users", "values": ["1"]}),
        ("modals", {**who, "interaction_id": "1", "values": {"prompt": "x", "users": ["1"]}}),
        ("messages", {**here, "content": "x", "attachment_ids": [upload], "reply_to": own}),
        ("messages/delete", {**who, "message_id": "1"}),
        ("channels", {**who, "name": "x"}),
        ("troubles", {**who, "kind": "slow_answers", "is_on": False, "channel_id": "1"}),
        ("bot/restart", who),
        ("bot/kill", who),
    ):
        for data in bodies(*valid):
            await check(member.http, "POST", f"/sandbox/{route}", data)


async def test_no_query_of_a_page_breaks_the_sandbox(member: Member) -> None:
    for text in (*IDS, "", "1.5", "null"):
        asked = quote(text)
        for path in (
            f"state?member_id={asked}",
            f"events?member_id={asked}",
            "events",
            f"messages?channel_id={asked}",
            *(
                f"messages?channel_id={member.channel_id}&{name}={asked}"
                for name in ("before", "after", "around", "limit")
            ),
        ):
            await check(member.http, "GET", f"/sandbox/{path}", b"")
        await check(member.http, "POST", f"/sandbox/uploads?filename={asked}", b"x")
        await check(member.http, "POST", f"/sandbox/uploads?member_id={asked}", b"x")


async def test_no_body_of_the_bot_breaks_the_sandbox(bot_http: BotHTTP, member: Member) -> None:
    await bot_http.register(COMPLETING)
    headers = {"Authorization": f"Bot {bot_http.sandbox.token}"}
    place = f"channels/{member.channel_id}/messages"
    message = (await bot_http.done("POST", place, json={"content": "x"}))["id"]
    commands = f"applications/{bot_http.id}/commands"
    (command,) = await bot_http.done("GET", commands)
    embed = {"title": "x", "image": {"url": "attachment://x"}, "fields": [{"name": "x"}]}
    form = {
        "content": "x",
        "embeds": [embed],
        "components": rows(*BUTTONS[:1], *SELECTS[:1]),
        "attachments": [{"id": 0}],
        "message_reference": {"message_id": message},
        "allowed_mentions": {"parse": ["users"], "users": ["1"]},
        "flags": 4,
        "nonce": "1",
        "enforce_nonce": True,
    }
    for method, path, *valid in (
        ("POST", place, form),
        ("PATCH", f"{place}/{message}", form),
        ("POST", "users/@me/channels", {"recipient_id": member.id}),
        ("PUT", commands, [COMMAND]),
        ("POST", commands, COMMAND),
        ("PATCH", f"{commands}/{command['id']}", COMMAND),
        ("POST", f"channels/{member.channel_id}/typing", {}),
    ):
        for data in bodies(*valid):
            await check(bot_http.http, method, path, data, **headers)
        for content_type, data in FORMS:
            told = {**headers, "Content-Type": content_type}
            await check(bot_http.http, method, path, data, **told)


async def test_no_path_breaks_the_sandbox(bot_http: BotHTTP, member: Member) -> None:
    headers = {"Authorization": f"Bot {bot_http.sandbox.token}"}
    for text in IDS:
        id = quote(text, safe="")
        for path in (
            f"channels/{id}",
            f"channels/{id}/messages",
            f"channels/{member.channel_id}/messages/{id}",
            f"channels/{member.channel_id}/messages?before={id}",
            f"users/{id}",
            f"guilds/{id}",
            f"guilds/{id}/members/{id}",
            f"applications/{id}/commands",
            f"applications/{bot_http.id}/commands/{id}",
            f"applications/{bot_http.id}/guilds/{id}/commands",
            f"webhooks/{id}/{id}/messages/{id}",
            f"interactions/{id}/{id}/callback",
        ):
            for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
                await check(bot_http.http, method, path, b"{}", **headers)


@PATIENT
async def test_no_answer_to_an_interaction_breaks_the_sandbox(
    bot_http: BotHTTP, member: Member
) -> None:
    await bot_http.register()
    gateway = await bot_http.identify()
    place = f"channels/{member.channel_id}/messages"
    body = {"content": "x", "components": rows(*BUTTONS[:1])}

    async def begun() -> Event:
        message = await bot_http.done("POST", place, json=body)
        await member.press(message["id"], "again")
        return await dispatched(gateway, "INTERACTION_CREATE")

    interaction = await begun()
    for valid in (
        {"type": 4, "data": {"content": "x", "flags": 64}},
        {"type": 5, "data": {"flags": 64}},
        {"type": 7, "data": {"components": rows(*BUTTONS[:1])}},
        {"type": 9, "data": OFFERING},
        {"type": 8, "data": {"choices": []}},
    ):
        for data in bodies(valid):
            path = f"interactions/{interaction['id']}/{interaction['token']}/callback"
            if await check(bot_http.http, "POST", path, data):
                interaction = await begun()
    for content_type, data in FORMS:
        headers = {"Content-Type": content_type}
        await check(bot_http.http, "POST", path, data, **headers)


@PATIENT
async def test_no_autocomplete_breaks_the_sandbox(bot_http: BotHTTP, member: Member) -> None:
    await bot_http.register(COMPLETING)
    gateway = await bot_http.identify()
    body = {"channel_id": member.channel_id, "name": "paint", "focused": "style"}
    waiting = asyncio.create_task(member.post("/sandbox/autocomplete", body))
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    path = f"interactions/{interaction['id']}/{interaction['token']}/callback"
    for data in bodies({"type": 8, "data": {"choices": [{"name": "x", "value": "x"}]}}):
        if await check(bot_http.http, "POST", path, data):
            break
    assert (await waiting)[0] == 200


@PATIENT
async def test_no_webhook_breaks_the_sandbox(bot_http: BotHTTP, member: Member) -> None:
    await bot_http.register()
    gateway = await bot_http.identify()
    await member.command("paint", prompt="x")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    await bot_http.answer(interaction, 4, {"content": "x"})
    form = {"content": "x", "flags": 64, "embeds": [{"title": "x"}]}
    for method, rest in (("POST", ""), ("PATCH", "/messages/@original")):
        for data in bodies(form):
            await check(bot_http.http, method, bot_http.webhook(interaction, rest), data)
        for content_type, data in FORMS:
            headers = {"Content-Type": content_type}
            path = bot_http.webhook(interaction, rest)
            await check(bot_http.http, method, path, data, **headers)
