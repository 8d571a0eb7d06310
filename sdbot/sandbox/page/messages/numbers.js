// Numbers of Discord's by which messages are told apart.

// Bits of `flags`.
export const EPHEMERAL = 1 << 6;
export const LOADING = 1 << 7;

// Values of `type`.
export const REPLY = 19;
export const CHAT_INPUT_COMMAND = 20;
export const CONTEXT_MENU_COMMAND = 23;
