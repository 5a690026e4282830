import { get as emojiOf } from "node-emoji";
import { act, Refused } from "./api";
import { Blocks, Mrkdwn } from "./Blocks";
import { timeOf, useWorld, userOf } from "./context";
import type { Act } from "./Elements";
import type { File, Message } from "./types";

type Props = {
  message: Message;
  channel: string;
  /** Whether the message above is by the same author and close in time. */
  follows: boolean;
  inThread?: boolean;
  openThread?: (ts: string) => void;
};

const FRESH_SECONDS = 5;
const QUICK = ["+1", "eyes", "tada"];

export function MessageItem({ message, channel, follows, inThread, openThread }: Props) {
  const world = useWorld();
  const author = userOf(world.directory, message.user);
  const click: Act = async (block, element, value) => {
    try {
      await act("clicks", {
        user: world.me.id,
        channel,
        ts: message.ts,
        block_id: block.block_id,
        action_id: element.action_id,
        value: value ?? element.value,
      });
    } catch (error) {
      world.complain(error instanceof Refused ? error : new Error(String(error)));
    }
  };
  const react = (name: string) =>
    act("reactions", { user: world.me.id, channel, ts: message.ts, name }).catch(world.complain);

  if (message.subtype === "channel_join") {
    return (
      <div className="message notice" data-ts={message.ts}>
        <Mrkdwn text={message.text} />
      </div>
    );
  }
  const hasBlocks = !!message.blocks?.length;
  return (
    <article
      className={`message ${follows ? "follows" : ""} ${message.is_ephemeral ? "ephemeral" : ""}`}
      data-testid="message"
      data-ts={message.ts}
      aria-label={`Message from ${author.real_name}`}
    >
      <div className="gutter">
        {follows ? (
          <time className="gutter-time">{timeOf(message.ts).replace(/\s?[AP]M$/i, "")}</time>
        ) : (
          <img className="avatar" src={`/avatars/${author.id}.svg`} alt="" />
        )}
      </div>
      <div className="body">
        {message.is_ephemeral && <div className="only-you">👁 Only visible to you</div>}
        {!follows && (
          <header>
            <span className="author">{author.real_name}</span>
            {author.is_bot && <span className="badge">APP</span>}
            {author.is_restricted && <span className="badge guest">GUEST</span>}
            <time>{timeOf(message.ts)}</time>
          </header>
        )}
        <div className="content">
          {hasBlocks ? (
            <Blocks blocks={message.blocks!} act={click} />
          ) : (
            message.text && <Mrkdwn text={message.text} />
          )}
          {message.attachments?.map((attachment, index) => (
            <div key={index} className="attachment" style={{ borderColor: colour(attachment.color) }}>
              {attachment.title && <strong>{attachment.title}</strong>}
              {attachment.blocks ? (
                <Blocks blocks={attachment.blocks} act={click} />
              ) : (
                attachment.text && <Mrkdwn text={attachment.text} />
              )}
            </div>
          ))}
          {message.files?.map((file) => <FileView key={file.id} file={file} />)}
          {message.edited && message.user === world.me.id && <span className="edited">(edited)</span>}
        </div>
        {!!message.reactions?.length && (
          <div className="reactions">
            {message.reactions.map((reaction) => (
              <button
                key={reaction.name}
                type="button"
                className={reaction.users.includes(world.me.id) ? "mine" : ""}
                title={reaction.users.map((id) => userOf(world.directory, id).real_name).join(", ")}
                onClick={() => react(reaction.name)}
              >
                {emojiOf(reaction.name) ?? `:${reaction.name}:`} {reaction.count}
              </button>
            ))}
          </div>
        )}
        {!inThread && !!message.reply_count && (
          <button
            type="button"
            className={`thread-summary ${isNew(message.latest_reply) ? "fresh" : ""}`}
            data-testid="open-thread"
            onClick={() => openThread?.(message.ts)}
          >
            {message.reply_users?.map((id) => (
              <img key={id} src={`/avatars/${id}.svg`} alt="" />
            ))}
            <strong>
              {message.reply_count} {message.reply_count === 1 ? "reply" : "replies"}
            </strong>
            <span>Last reply at {timeOf(message.latest_reply ?? message.ts)}</span>
          </button>
        )}
      </div>
      {!message.is_ephemeral && (
        <div className="message-tools">
          {QUICK.map((name) => (
            <button key={name} type="button" aria-label={`React with ${name}`} onClick={() => react(name)}>
              {emojiOf(name)}
            </button>
          ))}
          {!inThread && openThread && (
            <button
              type="button"
              aria-label="Reply in thread"
              data-testid="reply-in-thread"
              onClick={() => openThread(message.thread_ts ?? message.ts)}
            >
              💬
            </button>
          )}
        </div>
      )}
    </article>
  );
}

/** Whether it was written just now, so that it may catch the eye. */
function isNew(ts: string | undefined): boolean {
  return !!ts && Date.now() / 1000 - Number(ts) < FRESH_SECONDS;
}

function FileView({ file }: { file: File }) {
  const address = new URL(file.url_private, location.href).pathname;
  if (file.mimetype.startsWith("image/"))
    return (
      <figure className="picture">
        <figcaption>{file.title}</figcaption>
        <a href={address} target="_blank" rel="noreferrer">
          <img src={address} alt={file.title} />
        </a>
      </figure>
    );
  return (
    <a className="file" href={address} download={file.name}>
      <span className="file-icon">📄</span>
      <span>
        <strong>{file.title}</strong>
        <small>
          {file.name} · {Math.max(1, Math.round(file.size / 1024))} KB
        </small>
      </span>
    </a>
  );
}

function colour(name: string | undefined): string {
  const named: Record<string, string> = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
  if (!name) return "#ddd";
  return named[name] ?? (name.startsWith("#") ? name : `#${name}`);
}
