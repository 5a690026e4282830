import { useCallback, useEffect, useRef, useState } from "react";
import { act, read } from "./api";
import type { Change, Channel, Directory, Message, View } from "./types";

export type Place = { channel: string; thread: string | null; tab: "messages" | "home" };

/** Everything that one person sees at one place, kept up to date by the stream of changes. */
export function useWorkspace(me: string | null, place: Place, complain: (error: unknown) => void) {
  const [directory, setDirectory] = useState<Directory | null>(null);
  const [channels, setChannels] = useState<Channel[]>([]);
  const [messages, setMessages] = useState<Message[] | null>(null);
  const [thread, setThread] = useState<Message[]>([]);
  const [views, setViews] = useState<View[]>([]);
  const [home, setHome] = useState<View | null>(null);
  const [status, setStatus] = useState<Record<string, string>>({});
  const [connected, setConnected] = useState(true);
  const here = useRef(place);
  here.current = place;

  const guarded = useCallback(
    async (work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        complain(error);
      }
    },
    [complain],
  );
  const loadChannels = useCallback(
    () =>
      guarded(async () => {
        if (me) setChannels((await read<{ channels: Channel[] }>("channels", { user: me })).channels);
      }),
    [me, guarded],
  );
  const loadViews = useCallback(
    () =>
      guarded(async () => {
        if (me) setViews((await read<{ views: View[] }>("views", { user: me })).views);
      }),
    [me, guarded],
  );
  const loadHome = useCallback(
    (open: "0" | "1") =>
      guarded(async () => {
        if (me) setHome((await read<{ view: View | null }>("home", { user: me, open })).view);
      }),
    [me, guarded],
  );
  const loadMessages = useCallback(
    () =>
      guarded(async () => {
        const { channel } = here.current;
        if (!me || !channel) return;
        const found = await read<{ messages: Message[] }>("messages", { user: me, channel });
        if (here.current.channel === channel) setMessages(found.messages);
      }),
    [me, guarded],
  );
  const loadThread = useCallback(
    () =>
      guarded(async () => {
        const { channel, thread: ts } = here.current;
        if (!me || !ts) return setThread([]);
        const found = await read<{ messages: Message[] }>("messages", { user: me, channel, thread_ts: ts });
        if (here.current.thread === ts) setThread(found.messages);
      }),
    [me, guarded],
  );
  const markRead = useCallback(
    (channel: string) => {
      if (!me || !channel) return;
      act("reads", { user: me, channel }).catch(complain);
      setChannels((all) => all.map((one) => (one.id === channel ? { ...one, unread_count: 0 } : one)));
    },
    [me, complain],
  );

  useEffect(() => {
    void guarded(async () => setDirectory(await read<Directory>("users", {})));
  }, [guarded]);
  useEffect(() => void loadChannels(), [loadChannels]);
  useEffect(() => void loadViews(), [loadViews]);
  useEffect(() => {
    setMessages(null);
    void loadMessages();
    markRead(place.channel);
  }, [place.channel, loadMessages, markRead]);
  useEffect(() => void loadThread(), [place.channel, place.thread, loadThread]);
  useEffect(() => {
    if (place.tab === "home") void loadHome("1");
  }, [place.tab, loadHome]);

  const take = useCallback(
    (change: Change) => {
      if (change.type === "views") return void loadViews();
      if (change.type === "channels") return void loadChannels();
      if (change.type === "home") return void (here.current.tab === "home" && loadHome("0"));
      if (change.type === "status")
        return setStatus((all) => ({ ...all, [`${change.channel} ${change.thread_ts}`]: change.status }));
      if (change.type === "prompts") return;
      const { channel, thread: open } = here.current;
      if (change.channel !== channel) {
        if (change.type === "message" && change.message.user !== me) void loadChannels();
        return;
      }
      if (change.type === "deleted") {
        const without = (all: Message[]) => all.filter((one) => one.ts !== change.ts);
        setMessages((all) => all && without(all));
        return setThread(without);
      }
      const { message } = change;
      const isReply = !!message.thread_ts && message.thread_ts !== message.ts;
      if (!isReply || message.subtype === "thread_broadcast") setMessages((all) => all && put(all, message));
      if (open && (message.ts === open || message.thread_ts === open)) setThread((all) => put(all, message));
      if (document.hasFocus()) markRead(channel);
    },
    [me, loadViews, loadChannels, loadHome, markRead],
  );
  useEffect(() => {
    if (!me) return;
    const source = new EventSource(`/people/events?user=${me}`);
    let lost = false;
    source.onmessage = (event) => take(JSON.parse(event.data as string) as Change);
    source.onerror = () => {
      lost = true;
      setConnected(false);
    };
    source.onopen = () => {
      setConnected(true);
      if (!lost) return;
      lost = false;
      void loadChannels();
      void loadMessages();
      void loadThread();
      void loadViews();
    };
    return () => source.close();
  }, [me, take, loadChannels, loadMessages, loadThread, loadViews]);

  return { directory, channels, messages, thread, views, home, status, connected, loadViews, loadChannels };
}

/** The list with this message in its place, new or instead of what it was. */
function put(all: Message[], message: Message): Message[] {
  const rest = all.filter((one) => one.ts !== message.ts);
  const at = rest.findIndex((one) => one.ts > message.ts);
  return at < 0 ? [...rest, message] : [...rest.slice(0, at), message, ...rest.slice(at)];
}
