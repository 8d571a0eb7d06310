// What each person has read, and where they were; kept in the browser.

import { known } from "./known.js";
import { compareIds } from "./snowflakes.js";

const MEMBER = "sandbox.member";

export function lastMember() {
  return localStorage.getItem(MEMBER);
}

export function keepMember(id) {
  localStorage.setItem(MEMBER, id);
}

export function lastChannel() {
  return localStorage.getItem(`sandbox.channel.${known.memberId}`);
}

export function keepChannel(id) {
  localStorage.setItem(`sandbox.channel.${known.memberId}`, id);
}

/** The id of the newest message that was read in a channel; null for none. */
export function readUpTo(channelId) {
  return marks()[channelId] ?? null;
}

export function markRead(channelId, messageId) {
  if (messageId && isUnread(channelId, messageId)) {
    localStorage.setItem(marksKey(), JSON.stringify({ ...marks(), [channelId]: messageId }));
  }
}

export function isUnread(channelId, messageId) {
  const read = readUpTo(channelId);
  return Boolean(messageId) && (read === null || compareIds(messageId, read) > 0);
}

function marksKey() {
  return `sandbox.read.${known.memberId}`;
}

function marks() {
  return JSON.parse(localStorage.getItem(marksKey()) ?? "{}");
}
