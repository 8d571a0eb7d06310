// The socket of one person's events.

import { read } from "./api.js";

/** Hear what happens for a person, after the state it begins with; returns what ends it.
 *
 * Listens first and asks for the state then, so that nothing falls between. `hear` has `state`,
 * `event` and `lost`.
 */
export function follow(memberId, hear) {
  const query = new URLSearchParams({ member_id: memberId });
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/sandbox/events?${query}`);
  let isOver = false;
  let state = null;
  socket.addEventListener("open", () => {
    state = read("/sandbox/state").then((answer) => isOver || hear.state(answer));
    state.catch(() => socket.close());
  });
  socket.addEventListener("message", async ({ data }) => {
    await state;
    if (!isOver) hear.event(JSON.parse(data));
  });
  socket.addEventListener("close", () => isOver || hear.lost());
  return () => {
    isOver = true;
    socket.close();
  };
}
