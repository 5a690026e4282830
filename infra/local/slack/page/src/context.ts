import { createContext, useContext } from "react";
import type { Channel, Directory, User } from "./types";

/** What every part of the page may need to know: who is looking, and who and what there is. */
export type World = {
  me: User;
  directory: Directory;
  channels: Channel[];
  complain: (error: unknown) => void;
};

export const WorldContext = createContext<World | null>(null);

export function useWorld(): World {
  const world = useContext(WorldContext);
  if (!world) throw new Error("the workspace has not loaded yet");
  return world;
}

const SLACKBOT: User = {
  id: "USLACKBOT",
  name: "slackbot",
  real_name: "Slackbot",
  is_bot: true,
  is_restricted: false,
  color: "64748b",
  profile: {},
};

export function userOf(directory: Directory, id: string | undefined): User {
  return directory.users.find((user) => user.id === id) ?? SLACKBOT;
}

export function timeOf(ts: string): string {
  const date = new Date(Number(ts) * 1000);
  return date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

export function dayOf(ts: string): string {
  const date = new Date(Number(ts) * 1000);
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  return date.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}
