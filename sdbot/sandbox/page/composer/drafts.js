// The drafts of each person in each channel, and the commands that were sent or left there.

import { context } from "./context.js";
import { Draft } from "./draft.js";

const drafts = new Map();
const histories = new Map();

/** Who writes where, as a key. */
export function placeOfWriting() {
  return `${context.memberId} ${context.channelId}`;
}

/** What is being written at a place. */
export function draftAt(place, changed) {
  if (!drafts.has(place)) drafts.set(place, new Draft(changed));
  return drafts.get(place);
}

/** Let a place begin anew. */
export function dropDraft(place) {
  drafts.delete(place);
}

/** Bring a draft back, unless another was begun there. */
export function returnDraft(place, draft) {
  if (drafts.get(place)?.isEmpty ?? true) drafts.set(place, draft);
}

/** Keep a command, so that it can be recalled; one that was only recalled is there already. */
export function remember(place, { command, fields, depth }) {
  const filled = fields.filter(({ isEmpty }) => !isEmpty);
  if (!command || depth === 1 || (command.options.length && !filled.length)) return;
  const memories = histories.get(place) ?? [];
  const values = filled.map((field) => [field.option.name, field.remember()]);
  histories.set(place, [...memories, { name: command.name, values }]);
}

/** Fill a draft with the command before the one that it was filled with last. */
export function recall(place, draft) {
  const memory = histories.get(place)?.at(-draft.depth - 1);
  const command = memory && context.commands.find(({ name }) => name === memory.name);
  if (!command) return false;
  draft.open(command);
  for (const [name, value] of memory.values) {
    const option = command.options.find((candidate) => candidate.name === name);
    if (option) draft.add(option).restore(value);
  }
  draft.depth += 1;
  return true;
}
