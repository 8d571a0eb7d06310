// The kinds of options, as Discord numbers them.

export const STRING = 3;
export const INTEGER = 4;
export const BOOLEAN = 5;
export const USER = 6;
export const CHANNEL = 7;
export const ROLE = 8;
export const MENTIONABLE = 9;
export const NUMBER = 10;
export const ATTACHMENT = 11;

export const MAX_STRING = 6000;

const KINDS = {
  [STRING]: "text",
  [INTEGER]: "whole number",
  [BOOLEAN]: "true or false",
  [USER]: "user",
  [CHANNEL]: "channel",
  [ROLE]: "role",
  [MENTIONABLE]: "user or role",
  [NUMBER]: "number",
  [ATTACHMENT]: "file",
};

/** What an option takes, in a few words: "whole number, 1 to 50". */
export function hintOf(option) {
  const kind = option.choices?.length ? "choice" : KINDS[option.type];
  const bounds = range(option.min_value, option.max_value) ?? lengths(option);
  return bounds ? `${kind}, ${bounds}` : kind;
}

function lengths({ min_length: least, max_length: most }) {
  const bounds = range(least || undefined, most === MAX_STRING ? undefined : most);
  return bounds && `${bounds} characters`;
}

function range(least, most) {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? null : `at most ${most}`;
}
