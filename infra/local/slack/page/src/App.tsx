import { useCallback, useEffect, useMemo, useState } from "react";
import { act } from "./api";
import { Composer } from "./Composer";
import { userOf, useWorld, WorldContext, type World } from "./context";
import { Home } from "./Home";
import { MessageList } from "./MessageList";
import { Modal } from "./Modal";
import { Sidebar } from "./Sidebar";
import type { Directory } from "./types";
import { useWorkspace, type Place } from "./useWorkspace";

const REMEMBERED = "workspace.me";

export function App() {
  const [me, setMe] = useState<string | null>(() => localStorage.getItem(REMEMBERED));
  const [place, setPlace] = useState<Place>(() => placeOf(location.hash));
  const [trouble, setTrouble] = useState<string | null>(null);
  const [menu, setMenu] = useState(false);
  const complain = useCallback((error: unknown) => {
    setTrouble(error instanceof Error ? error.message : String(error));
  }, []);
  const workspace = useWorkspace(me, place, complain);
  const { directory, channels, messages, thread, views, home } = workspace;

  useEffect(() => {
    if (!directory) return;
    document.title = `${directory.team.name} · Workspace`;
    const people = directory.users.filter((user) => !user.is_bot);
    if (!people.some((user) => user.id === me)) setMe(people[0]?.id ?? null);
  }, [directory, me]);
  useEffect(() => {
    if (me) localStorage.setItem(REMEMBERED, me);
  }, [me]);
  useEffect(() => {
    if (!channels.length) return;
    if (channels.some((channel) => channel.id === place.channel)) return;
    const first = channels.find((channel) => channel.is_member) ?? channels[0]!;
    setPlace({ channel: first.id, thread: null, tab: "messages" });
  }, [channels, place.channel]);
  useEffect(() => {
    const parts = [place.channel, place.thread ?? (place.tab === "home" ? "home" : "")];
    history.replaceState(null, "", `#${parts.filter(Boolean).join("/")}`);
  }, [place]);
  useEffect(() => {
    if (!trouble) return;
    const timer = setTimeout(() => setTrouble(null), 8000);
    return () => clearTimeout(timer);
  }, [trouble]);

  const world = useMemo<World | null>(
    () => (directory && me ? { me: userOf(directory, me), directory, channels, complain } : null),
    [directory, me, channels, complain],
  );
  if (!world || !directory) return <div className="loading">{trouble ?? "Loading the workspace…"}</div>;

  const channel = channels.find((one) => one.id === place.channel);
  const isIm = !!channel?.is_im;
  const title = isIm ? directory.app.name : (channel?.name ?? "");
  const inside = isIm || !!channel?.is_member;
  const hears = isIm || !!channel?.members.includes(directory.app.user);
  const openThread = (ts: string) => setPlace({ ...place, thread: ts });
  const thinking = Object.entries(workspace.status).find(
    ([key, text]) => text && key.startsWith(`${place.channel} `),
  )?.[1];
  const top = views[views.length - 1];

  return (
    <WorldContext.Provider value={world}>
      <div className={`app ${place.thread ? "with-thread" : ""}`}>
        <Sidebar
          selected={place.channel}
          open={menu}
          become={(user) => {
            setMe(user);
            setMenu(false);
            setPlace(isIm ? { ...place, thread: null, channel: "" } : place);
          }}
          choose={(chosen) => {
            setMenu(false);
            setPlace({ channel: chosen, thread: null, tab: "messages" });
          }}
        />
        {menu && <div className="backdrop" role="presentation" onClick={() => setMenu(false)} />}
        <main>
          <header className="channel-header">
            <button
              type="button"
              className="plain burger"
              aria-label="Channels"
              aria-expanded={menu}
              onClick={() => setMenu(!menu)}
            >
              ☰
            </button>
            <div className="channel-title">
              <h1 data-testid="channel-title">
                {isIm ? <img src={`/avatars/${directory.app.user}.svg`} alt="" /> : <span className="hash">#</span>}
                {title}
                {isIm && <span className="badge">APP</span>}
              </h1>
              {channel?.topic?.value && <span className="topic">{channel.topic.value}</span>}
            </div>
            {!isIm && channel && (
              <div className="faces" title={channel.members.map((id) => userOf(directory, id).real_name).join(", ")}>
                {channel.members.slice(0, 4).map((id) => (
                  <img key={id} src={`/avatars/${id}.svg`} alt="" />
                ))}
                <span>{channel.members.length}</span>
              </div>
            )}
          </header>
          {isIm && (
            <div className="tabs" role="tablist">
              {(["home", "messages"] as const).map((tab) => (
                <button
                  key={tab}
                  type="button"
                  role="tab"
                  aria-selected={place.tab === tab}
                  data-testid={`tab-${tab}`}
                  onClick={() => setPlace({ ...place, tab, thread: null })}
                >
                  {tab === "home" ? "Home" : "Messages"}
                </button>
              ))}
            </div>
          )}
          {!workspace.connected && <div className="banner">Connecting to the workspace again…</div>}
          {isIm && place.tab === "home" ? (
            <Home view={home} />
          ) : (
            <>
              <MessageList
                messages={messages}
                channel={place.channel}
                openThread={openThread}
                empty={<Welcome name={title} isIm={isIm} topic={channel?.topic?.value} hears={hears} />}
              />
              {thinking && (
                <div className="thinking" role="status">
                  {directory.app.name} {thinking}
                </div>
              )}
              {inside ? (
                <Composer
                  channel={place.channel}
                  placeholder={`Message ${isIm ? title : `#${title}`}`}
                  suggestions={messages?.length === 0 && hears ? suggestionsFor(directory, isIm) : []}
                />
              ) : (
                <div className="join">
                  <span>
                    You are viewing <b>#{title}</b>
                  </span>
                  <button
                    type="button"
                    className="bk-button primary"
                    onClick={() =>
                      act("joins", { user: me, channel: place.channel }).then(workspace.loadChannels, complain)
                    }
                  >
                    Join channel
                  </button>
                </div>
              )}
            </>
          )}
        </main>
        {place.thread && (
          <aside className="thread" aria-label="Thread" data-testid="thread">
            <header className="channel-header">
              <div className="channel-title">
                <h1>Thread</h1>
                <span className="topic">{isIm ? title : `#${title}`}</span>
              </div>
              <button
                type="button"
                className="plain"
                aria-label="Close thread"
                onClick={() => setPlace({ ...place, thread: null })}
              >
                ✕
              </button>
            </header>
            <MessageList messages={thread} channel={place.channel} inThread />
            <Composer channel={place.channel} threadTs={place.thread} placeholder="Reply…" />
          </aside>
        )}
        {top && <Modal key={top.id} view={top} refresh={() => void workspace.loadViews()} />}
        {trouble && (
          <div className="toast" role="alert" data-testid="toast">
            <span>⚠️ {trouble}</span>
            <button type="button" className="plain" aria-label="Dismiss" onClick={() => setTrouble(null)}>
              ✕
            </button>
          </div>
        )}
      </div>
    </WorldContext.Provider>
  );
}

type WelcomeProps = { name: string; isIm: boolean; topic?: string; hears: boolean };

/** What somebody reads who sees the conversation for the first time. */
function Welcome({ name, isIm, topic, hears }: WelcomeProps) {
  const { directory, me } = useWorld();
  const app = directory.app;
  return (
    <div className="welcome">
      <h2>{isIm ? `This is your conversation with ${name}` : `Welcome to #${name}`}</h2>
      {isIm ? (
        <p>
          Only the two of you see it. Say in your own words what you need; the answer comes as a thread below your
          message.
        </p>
      ) : (
        <p>
          {topic && `${topic}. `}
          {hears ? (
            <>
              Mention <span className="mention">@{app.name}</span> and say in your own words what you need; the
              answer comes as a thread below your message.
            </>
          ) : (
            <>
              {app.name} is not in here: <code>/invite @{app.handle}</code> brings it in.
            </>
          )}
        </p>
      )}
      <p className="whoami">
        You are <b>{me.real_name}</b>. The button at the bottom left makes you somebody else.
      </p>
    </div>
  );
}

function suggestionsFor({ app }: Directory, isIm: boolean): string[] {
  const said = [...app.commands.map((command) => command.hint), "help"];
  return isIm ? said : said.map((text) => `@${app.handle} ${text}`);
}

function placeOf(hash: string): Place {
  const [channel = "", rest = ""] = hash.slice(1).split("/");
  return { channel, thread: rest && rest !== "home" ? rest : null, tab: rest === "home" ? "home" : "messages" };
}
