// One channel's messages: a part of them on the page, and more as one scrolls.

import { read } from "../api.js";
import { complain } from "../composer.js";
import * as place from "./place.js";
import * as timeline from "./timeline.js";

const FIRST = 50;
const MORE = 100;
const MOST = 300;
// How far from an end of what is loaded more is asked for.
const NEAR_PIXELS = 1000;

export class History {
  /** `readId` is where the line of new messages stands; `changed` is called after each change. */
  constructor(channelId, readId, changed) {
    this.channelId = channelId;
    this.readId = readId;
    this.changed = changed;
    this.hasOlder = false;
    this.hasNewer = false;
    this.missed = 0;
    this.isLoading = false;
    this.isClosed = false;
    this.turn = Promise.resolve();
  }

  close() {
    this.isClosed = true;
  }

  /** Show the newest messages. */
  openNewest() {
    return this.load(() => ({ limit: FIRST }), (messages) => {
      this.replaceAll(messages, messages.length === FIRST, false);
      place.toEnd();
    });
  }

  /** Show a message, wherever it is; says so if it is gone. */
  jump(messageId) {
    return this.inTurn(() => {
      const item = timeline.itemOf(messageId);
      if (item) point(item);
      else this.openAround(messageId, () => this.pointAt(messageId));
    });
  }

  /** Load everything anew, around what one reads. */
  reopen() {
    const id = place.readingId();
    return place.isAtEnd() || !id ? this.openNewest() : this.openAround(id);
  }

  toPresent() {
    return this.hasNewer ? this.openNewest() : this.inTurn(() => place.toEnd());
  }

  /** A message that is new or has changed. */
  put(message, isNew) {
    return this.inTurn(() => {
      if (isNew && !place.isAtEnd()) this.missed += 1;
      if (timeline.itemOf(message.id) || (isNew && !this.hasNewer)) timeline.put(message);
    });
  }

  remove(messageId) {
    return this.inTurn(() => timeline.remove(messageId));
  }

  /** A line of the page's own, after all that is older than its id. */
  note(item, id) {
    return this.inTurn(() => {
      if (!this.hasNewer) timeline.insert(item, id);
    });
  }

  /** Ask for more where one comes near an end of what is loaded. */
  async loadMore() {
    const isNearStart = this.hasOlder && place.distanceToStart() < NEAR_PIXELS;
    const isNearEnd = this.hasNewer && place.distanceToEnd() < NEAR_PIXELS;
    if (this.isLoading || this.isClosed || !(isNearStart || isNearEnd)) return;
    this.isLoading = true;
    const isDone = await (isNearStart ? this.loadOlder() : this.loadNewer());
    this.isLoading = false;
    if (isDone) this.loadMore();
  }

  loadOlder() {
    return this.load(() => ({ before: timeline.oldestId(), limit: MORE }), (messages) => {
      messages.forEach(timeline.put);
      this.hasOlder = messages.length === MORE;
      if (timeline.trim(MOST, false)) this.hasNewer = true;
    });
  }

  loadNewer() {
    return this.load(() => ({ after: timeline.newestId(), limit: MORE }), (messages) => {
      messages.forEach(timeline.put);
      this.hasNewer = messages.length === MORE;
      if (timeline.trim(MOST, true)) this.hasOlder = true;
    });
  }

  openAround(messageId, then = () => {}) {
    return this.load(() => ({ around: messageId, limit: MORE }), (messages) => {
      this.replaceAll(messages, true, true);
      then();
    });
  }

  /** One thing after another: what an event tells never meets an answer that is on its way. */
  inTurn(change) {
    return this.load(() => null, change);
  }

  /** Change the page by the messages that `query()` asks for, when everything before is done.
   *
   * Says whether it was possible.
   */
  load(query, change) {
    this.turn = this.turn.then(() => this.change(query, change)).catch(refused);
    return this.turn;
  }

  async change(query, change) {
    if (this.isClosed) return false;
    const messages = await this.page(query());
    if (this.isClosed) return false;
    place.note();
    change(messages);
    this.settle();
    return true;
  }

  async page(query) {
    if (!query) return [];
    const { messages } = await read("/sandbox/messages", { channel_id: this.channelId, ...query });
    return messages;
  }

  replaceAll(messages, hasOlder, hasNewer) {
    timeline.clear();
    messages.forEach(timeline.put);
    this.hasOlder = hasOlder;
    this.hasNewer = hasNewer;
  }

  pointAt(messageId) {
    const item = timeline.itemOf(messageId);
    if (item) point(item);
    else complain("This message is gone.");
  }

  settle() {
    if (timeline.trim(MOST, place.isAtEnd())) {
      this.hasOlder ||= place.isAtEnd();
      this.hasNewer ||= !place.isAtEnd();
    }
    timeline.regroup(this.readId);
    place.setPresent(!this.hasNewer);
    this.changed();
    place.keep();
    this.loadMore();
  }
}

/** Lead the eye and the keyboard to a message. */
function point(item) {
  place.show(item);
  item.focus({ preventScroll: true });
  item.classList.remove("arrived");
  // Read, so that the animation begins anew.
  void item.offsetWidth;
  item.classList.add("arrived");
}

function refused(error) {
  complain(error.message);
  return false;
}
