"""The page, and what a person does on it. Tests act as people through the same API.

Every request names who acts: `member_id`, in the body of a POST and in the query of a GET; without
it Ada does. What cannot be done is answered 400, 403, 404, 409 or 413 with {"message"}, a sentence.

GET  /                      the page
GET  /sandbox/state         {"guild", "member_id", "users", "roles", "channels", "commands", "bot",
                            "troubles"}: Discord's objects, and the ids of each user's "roles"; the
                            channels are those that this person sees
GET  /sandbox/messages      ?channel_id=&before=&after=&around=&limit= -> {"messages"}: oldest
                            first, ephemeral ones of this person too
POST /sandbox/messages      {"channel_id", "content", "attachment_ids", "reply_to"}
                            -> {"message_id"}
POST /sandbox/messages/delete  {"message_id"} -> {}: one's own, or anyone's for who may manage
                            messages; an ephemeral one is dismissed
POST /sandbox/uploads       ?filename=, the body being the file -> its attachment object
POST /sandbox/commands      {"channel_id", "name", "type", "options", "target_id"}
                            -> {"interaction_id"}: type 1 takes options by name, 2 a user's id and
                            3 a message's as the target
POST /sandbox/autocomplete  {"channel_id", "name", "options", "focused"} -> {"choices", "message"}:
                            waits for the bot; the message is null if it answered in time
POST /sandbox/components    {"message_id", "custom_id", "values"} -> {"interaction_id"}
POST /sandbox/modals        {"interaction_id", "values"} -> {"interaction_id"}
POST /sandbox/channels      {"name"} -> {"channel_id"}: a new text channel
POST /sandbox/bot/ACTION    {} -> the new "bot"; restart, start, stop or kill
POST /sandbox/troubles      {"kind", "is_on", "channel_id"} -> {"troubles"}
WS   /sandbox/events        what happens from now on, one JSON object each, told apart by "type":
    message_create, message_update        {"message"}
    message_delete                        {"id", "channel_id"}
    channels                              {"channels"}
    interaction_create, _answered, _failed  {"interaction_id", "channel_id", "message_id", "name"}
    modal                                 {"interaction_id", "channel_id", "data"}
    typing                                {"channel_id", "user_id"}
    commands                              {"commands"}
    bot                                   {"bot"}
    troubles                              {"troubles"}

"bot" is {"status", "exit_code", "text", "presence"}: the status is online, starting, offline or
stopped, the text a sentence for the member. An option's value is of its type, or a text of it; a
choice goes by its value or its name, what is pointed to by its id, a sub-command by the object of
its options.
"""

from aiohttp import web

from sdbot.sandbox.page_api import bot, commands, components, state, talk, troubles, uploads


def add_routes(app: web.Application) -> None:
    for family in (state, commands, components, talk, uploads, bot, troubles):
        app.add_routes(family.routes)
