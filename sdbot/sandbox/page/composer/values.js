// What a typed text is worth to an option: {value}, {fault: a sentence}, or {} for nothing.

import { BOOLEAN, CHANNEL, INTEGER, MAX_STRING, MENTIONABLE, NUMBER, ROLE, STRING, USER } from "./kinds.js";
import { offerNamed, offersOf } from "./offers.js";

const READERS = { [STRING]: readString, [INTEGER]: readInteger, [NUMBER]: readNumber };
const NOUNS = {
  [BOOLEAN]: "true or false",
  [USER]: "a user",
  [CHANNEL]: "a channel",
  [ROLE]: "a role",
  [MENTIONABLE]: "a user or a role",
};

/** `picked` is the offer that was taken last; it counts while its label stands unchanged. */
export function valueOf(option, typed, picked) {
  const text = typed.trim();
  if (!text) return option.required ? { fault: `${option.name} is required: ${option.description}` } : {};
  if (picked?.label === text) return { value: picked.value };
  const offers = offersOf(option);
  return offers ? readOffer(option, text, offers) : READERS[option.type](option, text);
}

function readOffer(option, text, offers) {
  const offer = offerNamed(text, offers);
  if (offer) return { value: offer.value };
  const wanted = NOUNS[option.type] ?? `one of ${offers.map(({ label }) => label).join(", ")}`;
  return { fault: `${option.name} must be ${wanted}, not ${text}.` };
}

function readString(option, text) {
  const { min_length: shortest = 0, max_length: longest = MAX_STRING } = option;
  const { length } = [...text];
  if (length >= shortest && length <= longest) return { value: text };
  return { fault: `${option.name} must have ${shortest} to ${longest} characters, not ${length}.` };
}

function readInteger(option, text) {
  if (!/^[+-]?\d+$/.test(text)) return { fault: `${option.name} must be a whole number, not ${text}.` };
  return bounded(option, text);
}

function readNumber(option, text) {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return { fault: `${option.name} must be a number, not ${text}.` };
  return bounded(option, text);
}

/** Numbers travel as doubles, so no whole number may be larger than they hold exactly. */
function bounded(option, text) {
  const { min_value: least = -(2 ** 53), max_value: most = 2 ** 53 } = option;
  const value = Number(text);
  if (value < least) return { fault: `${option.name} must be at least ${least}, not ${text}.` };
  if (value > most) return { fault: `${option.name} must be at most ${most}, not ${text}.` };
  return { value };
}
