// Where one writes, and as whom.

import { callable } from "./commands.js";

export const context = { memberId: null, channelId: null, channelName: "", commands: [] };

/** Take what has changed; the commands become what can be called. */
export function enter({ commands, ...change }) {
  Object.assign(context, change);
  if (commands) context.commands = callable(commands);
}
