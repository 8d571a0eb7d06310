// What the page knows of the sandbox, as the person who is looking sees it.

const GUILD_TEXT = 0;
const DM = 1;
const THREAD = 11;
// Where a command can be used.
const GUILD_CONTEXT = 0;
const BOT_DM_CONTEXT = 1;
const MANAGE_MESSAGES = 1n << 13n;

export const known = {
  memberId: null,
  guild: null,
  users: new Map(),
  roles: new Map(),
  channels: new Map(),
  commands: [],
};

export function learn(state) {
  known.memberId = state.member_id;
  known.guild = state.guild;
  known.users = byId(state.users);
  known.roles = byId(state.guild.roles);
  known.commands = state.commands;
  learnChannels(state.channels);
}

export function learnChannels(channels) {
  known.channels = byId(channels);
}

function byId(objects) {
  return new Map(objects.map((object) => [object.id, object]));
}

export function userName(id) {
  const user = known.users.get(id);
  return user?.global_name ?? user?.username ?? "unknown";
}

export function people() {
  return [...known.users.values()].filter(({ bot }) => !bot);
}

export function bot() {
  return [...known.users.values()].find((user) => user.bot);
}

export function mayManageMessages(channel) {
  return Boolean(BigInt(channel.permissions) & MANAGE_MESSAGES);
}

/** Of the person who is looking. */
export function roleIds() {
  return known.users.get(known.memberId)?.roles ?? [];
}

/** What a channel goes by, without its sign: "paintings", or the bot's name for a conversation. */
export function channelName(channel) {
  return channel.type === DM ? userName(bot()?.id) : channel.name;
}

export function isConversation({ type }) {
  return type === DM;
}

export function isThread({ type }) {
  return type === THREAD;
}

export function textChannels() {
  return [...known.channels.values()].filter(({ type }) => type === GUILD_TEXT);
}

export function conversations() {
  return [...known.channels.values()].filter(isConversation);
}

export function threadsOf(channel) {
  return [...known.channels.values()].filter((other) => isThread(other) && other.parent_id === channel.id);
}

/** What can be used in a channel: of two with one name and type, the guild's own. */
export function commandsIn(channel) {
  const offered = new Map();
  for (const command of known.commands) {
    const key = `${command.type} ${command.name}`;
    if (!isOffered(command, isConversation(channel))) continue;
    if (command.guild_id || !offered.has(key)) offered.set(key, command);
  }
  return [...offered.values()];
}

/** By the command's contexts, or where it has none by its older `dm_permission`. */
function isOffered({ guild_id: guildId, contexts, dm_permission: isForAll }, isInConversation) {
  if (guildId && isInConversation) return false;
  if (!contexts) return !isInConversation || isForAll;
  return contexts.includes(isInConversation ? BOT_DM_CONTEXT : GUILD_CONTEXT);
}
