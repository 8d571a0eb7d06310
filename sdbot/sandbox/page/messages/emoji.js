// What stands on a button or in a menu: an emoji before the words.

/** One of a guild's own is shown by its name. */
export function labelText({ emoji, label }) {
  const sign = emoji?.id ? `:${emoji.name}:` : emoji?.name;
  return [sign, label].filter(Boolean).join(" ");
}
