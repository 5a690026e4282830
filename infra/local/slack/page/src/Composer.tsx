import { useEffect, useRef, useState } from "react";
import { act } from "./api";
import { useWorld } from "./context";

type Props = {
  channel: string;
  threadTs?: string;
  placeholder: string;
  /** What a newcomer may try: a click fills it in. */
  suggestions?: string[];
};
type Hint = { insert: string; name: string; detail: string };

/** Where a person writes: Enter sends, Shift+Enter breaks the line, @ # and / complete. */
export function Composer({ channel, threadTs, placeholder, suggestions = [] }: Props) {
  const world = useWorld();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // On a phone the keyboard would cover what there is to read.
    if (!matchMedia("(pointer: coarse)").matches) field.current?.focus();
  }, [channel, threadTs]);

  const word = /(?:^|\s)([@#/][\w-]*)$/.exec(text)?.[1] ?? "";
  const hints = closed ? [] : hintsFor(word, text, world, !threadTs);

  function complete(hint: Hint) {
    setText(text.slice(0, text.length - word.length) + hint.insert + " ");
    setChosen(0);
    field.current?.focus();
  }

  async function send() {
    const typed = text.trim();
    if (!typed) return;
    setText("");
    try {
      if (typed.startsWith("/") && !threadTs) {
        const [command = "", ...rest] = typed.split(" ");
        await act("commands", { user: world.me.id, channel, command, text: rest.join(" ") });
      } else {
        await act("messages", { user: world.me.id, channel, text: typed, thread_ts: threadTs });
      }
    } catch (error) {
      world.complain(error);
    }
  }

  function key(event: React.KeyboardEvent) {
    if (hints.length && ["ArrowDown", "ArrowUp", "Tab", "Enter"].includes(event.key) && !event.shiftKey) {
      const exact = hints[chosen]?.insert === word;
      if (event.key !== "Enter" || !exact) {
        event.preventDefault();
        if (event.key === "ArrowDown") setChosen((chosen + 1) % hints.length);
        else if (event.key === "ArrowUp") setChosen((chosen + hints.length - 1) % hints.length);
        else complete(hints[chosen] ?? hints[0]!);
        return;
      }
    }
    if (event.key === "Escape") setClosed(true);
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    }
  }

  return (
    <div className="composer">
      {hints.length > 0 && (
        <div className="hints" role="listbox" aria-label="Suggestions">
          {hints.map((hint, index) => (
            <button
              key={hint.insert}
              type="button"
              role="option"
              aria-selected={index === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                complete(hint);
              }}
            >
              <strong>{hint.name}</strong> <span>{hint.detail}</span>
            </button>
          ))}
        </div>
      )}
      {!text && suggestions.length > 0 && (
        <div className="suggestions">
          <span>Try</span>
          {suggestions.map((suggestion) => (
            <button
              key={suggestion}
              type="button"
              data-testid="suggestion"
              onClick={() => {
                setText(suggestion);
                setClosed(true);
                field.current?.focus();
              }}
            >
              {suggestion}
            </button>
          ))}
        </div>
      )}
      <div className="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={placeholder}
          data-testid={threadTs ? "thread-composer" : "composer"}
          onChange={(event) => {
            setText(event.target.value);
            setClosed(false);
            setChosen(0);
          }}
          onKeyDown={key}
        />
        <button type="button" className="send" aria-label="Send" disabled={!text.trim()} onClick={() => void send()}>
          <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
            <path fill="currentColor" d="M2 3.2c0-.8.8-1.3 1.5-1L17.6 9c.8.4.8 1.6 0 2L3.5 17.8c-.7.3-1.5-.2-1.5-1V11.6L11 10 2 8.4z" />
          </svg>
        </button>
      </div>
      <div className="composer-help">
        <b>Enter</b> to send · <b>Shift + Enter</b> for a new line
      </div>
    </div>
  );
}

function hintsFor(word: string, text: string, world: ReturnType<typeof useWorld>, commands: boolean): Hint[] {
  const start = word.slice(1).toLowerCase();
  const { directory, channels } = world;
  let all: Hint[] = [];
  if (word.startsWith("@")) {
    const app = directory.app;
    all = [
      { insert: `@${app.handle}`, name: app.name, detail: "App" },
      ...directory.users
        .filter((user) => !user.is_bot)
        .map((user) => ({ insert: `@${user.name}`, name: user.real_name, detail: user.profile.title ?? "" })),
      ...directory.usergroups.map((group) => ({ insert: `@${group.handle}`, name: `@${group.handle}`, detail: group.name })),
    ];
  } else if (word.startsWith("#")) {
    all = channels.flatMap(({ name, topic }) =>
      name ? [{ insert: `#${name}`, name: `#${name}`, detail: topic?.value ?? "" }] : [],
    );
  } else if (word.startsWith("/") && commands && text === word) {
    all = directory.app.commands.map((command) => ({
      insert: command.name,
      name: command.name,
      detail: `${command.hint} — ${command.description}`,
    }));
    all.push({ insert: "/invite", name: "/invite", detail: "@someone — add them to this channel" });
  }
  return all
    .filter((hint) => hint.insert.slice(1).startsWith(start) || hint.name.toLowerCase().includes(start))
    .slice(0, 8);
}
