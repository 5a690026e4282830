import { Fragment, useLayoutEffect, useRef } from "react";
import { dayOf } from "./context";
import { MessageItem } from "./MessageItem";
import type { Message } from "./types";

type Props = {
  /** Null while they are being read. */
  messages: Message[] | null;
  channel: string;
  inThread?: boolean;
  openThread?: (ts: string) => void;
  empty?: React.ReactNode;
};

const CLOSE_SECONDS = 300;

/** Messages, oldest above; the view stays at the newest unless the person scrolled away. */
export function MessageList({ messages, channel, inThread, openThread, empty }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    atEnd.current = true;
  }, [channel]);
  useLayoutEffect(() => {
    const stick = () => {
      if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
    };
    stick();
    const observer = new ResizeObserver(stick);
    if (inner.current) observer.observe(inner.current);
    return () => observer.disconnect();
  }, [messages, channel]);
  return (
    <div
      className="messages"
      ref={box}
      aria-busy={messages === null}
      data-testid={inThread ? "thread-messages" : "messages"}
      onScroll={({ currentTarget: it }) => {
        atEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight < 60;
      }}
    >
      <div ref={inner}>
        {messages?.length === 0 && empty}
        {messages?.map((message, index) => {
          const above = messages[index - 1];
          const newDay = !above || dayOf(above.ts) !== dayOf(message.ts);
          return (
            <Fragment key={message.ts}>
              {newDay && !inThread && (
                <div className="day">
                  <span>{dayOf(message.ts)}</span>
                </div>
              )}
              <MessageItem
                message={message}
                channel={channel}
                follows={!newDay && closeTo(above, message)}
                inThread={inThread}
                openThread={openThread}
              />
              {inThread && index === 0 && messages.length > 1 && (
                <div className="reply-rule">
                  <span>
                    {messages.length - 1} {messages.length === 2 ? "reply" : "replies"}
                  </span>
                </div>
              )}
            </Fragment>
          );
        })}
      </div>
    </div>
  );
}

function closeTo(above: Message | undefined, message: Message): boolean {
  return (
    !!above &&
    above.user === message.user &&
    !above.reply_count &&
    above.subtype === message.subtype &&
    above.is_ephemeral === message.is_ephemeral &&
    Number(message.ts) - Number(above.ts) < CLOSE_SECONDS
  );
}
