"""What a message's flags say, by Discord's bits."""

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
# What a bot may set when it makes a message, and when it edits one.
SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS
EDITABLE = SUPPRESS_EMBEDS
