// Requests to the sandbox, each in the name of the person who acts.

let memberId = null;

export function setMember(id) {
  memberId = id;
}

/** Ask the sandbox to do something; throws an Error with its sentence when it will not. */
export async function ask(path, body) {
  return answerOf(
    await reached(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ member_id: memberId, ...body }),
    }),
  );
}

/** Read something, `query` being an object; throws likewise. */
export async function read(path, query = {}) {
  return answerOf(await reached(asked(path, query)));
}

/** A path with its query, which says who asks. What is null is left out. */
export function asked(path, query = {}) {
  const given = Object.entries({ member_id: memberId, ...query }).filter(([, value]) => value !== null);
  return `${path}?${new URLSearchParams(given)}`;
}

async function reached(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it running?");
  }
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}
