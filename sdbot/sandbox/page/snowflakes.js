// Ids that grow with time; as numbers they would not fit.

/** Below zero when `one` is older than `other`. */
export function compareIds(one, other) {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : Number(one > other);
}
