import { get as emojiOf } from "node-emoji";
import { memo, type ReactNode } from "react";
import { Message as SlackMessage, type Block as SlackBlock } from "slack-blocks-to-jsx";
import { useWorld } from "./context";
import { addressOf, ElementView, type Act } from "./Elements";
import type { Block, Element, State, Text } from "./types";

type Props = {
  blocks: Block[];
  act: Act;
  state?: State;
  errors?: Record<string, string>;
  onInput?: (block: string, action: string, value: unknown) => void;
};

/** Blocks in order. What a person can act on is ours; all else slack-blocks-to-jsx draws. */
export function Blocks({ blocks, act, state, errors, onInput }: Props) {
  return (
    <div className="blocks">
      {blocks.map((block, index) => (
        <div key={block.block_id ?? index} className={`block block-${block.type}`}>
          <BlockView block={block} act={act} state={state} error={errors?.[block.block_id]} onInput={onInput} />
        </div>
      ))}
    </div>
  );
}

type OneProps = Omit<Props, "blocks" | "errors"> & { block: Block; error?: string };

function BlockView({ block, act, state, error, onInput }: OneProps) {
  const value = (action: string) => state?.[block.block_id]?.[action];
  if (block.type === "actions") {
    return (
      <div className="actions">
        {(block.elements ?? []).map((element) => (
          <ElementView key={element.action_id} element={element} block={block} act={act} entered={value(element.action_id)} />
        ))}
      </div>
    );
  }
  if (block.type === "section" && block.accessory && block.accessory.type !== "image") {
    const { accessory, ...rest } = block;
    return (
      <div className="section-with-accessory">
        <div className="section-text">
          <Drawn block={rest as Block} />
        </div>
        <ElementView element={accessory} block={block} act={act} entered={value(accessory.action_id)} />
      </div>
    );
  }
  if (block.type === "input" && block.element) {
    const element = block.element;
    return (
      <label className={`input-block ${error ? "has-error" : ""}`}>
        <span className="input-label">
          {block.label?.text}
          {block.optional && <span className="optional"> (optional)</span>}
        </span>
        <ElementView
          element={element}
          block={block}
          act={act}
          entered={value(element.action_id)}
          onInput={(entered) => onInput?.(block.block_id, element.action_id, entered)}
        />
        {error ? (
          <span className="input-error" role="alert">
            {error}
          </span>
        ) : (
          block.hint && <span className="input-hint">{block.hint.text}</span>
        )}
      </label>
    );
  }
  if (block.type === "image") return <Picture block={block} />;
  return <Drawn block={block} />;
}

function Picture({ block }: { block: Block }) {
  const address = addressOf(block);
  return (
    <figure className="picture" data-testid="picture">
      {block.title && <figcaption>{block.title.text}</figcaption>}
      <a href={address} target="_blank" rel="noreferrer">
        <img src={address} alt={block.alt_text ?? ""} />
      </a>
    </figure>
  );
}

/** One block that nobody acts on. */
export const Drawn = memo(function Drawn({ block }: { block: Block }) {
  return <Rendered blocks={[block]} />;
});

/** Message text in Slack's markup. */
export const Mrkdwn = memo(function Mrkdwn({ text }: { text: string }) {
  const block: Block = { type: "section", block_id: "text", text: { type: "mrkdwn", text } };
  return <Rendered blocks={[block]} />;
});

function Rendered({ blocks }: { blocks: Block[] }) {
  const { directory, channels, me } = useWorld();
  return (
    <div
      id="slack_blocks_to_jsx"
      className="slack_blocks_to_jsx drawn"
      data-theme="light"
      onClick={(event) => inNewTab((event.target as HTMLElement).closest("a"))}
    >
      <SlackMessage
        withoutWrapper
        theme="light"
        name=""
        logo=""
        blocks={blocks.map(tidied) as unknown as SlackBlock[]}
        data={{
          users: directory.users.map((user) => ({
            id: user.id,
            name: user.real_name,
            avatar: `/avatars/${user.id}.svg`,
          })),
          channels: channels.flatMap(({ id, name }) => (name ? [{ id, name }] : [])),
          user_groups: directory.usergroups.map(({ id, name, handle }) => ({ id, name, handle })),
        }}
        hooks={{
          user: ({ id, name }) => mention(`@${nameOf(directory.users, id) ?? name}`, id === me.id),
          channel: ({ id, name }) =>
            mention(`#${channels.find((channel) => channel.id === id)?.name ?? name}`),
          usergroup: ({ id, name }) =>
            mention(`@${directory.usergroups.find((group) => group.id === id)?.handle ?? name}`),
          emoji: (data, parse) => emojiOf(data.name) ?? parse(data),
        }}
      />
    </div>
  );
}

/** A link in a message leaves the workspace open. */
function inNewTab(link: HTMLAnchorElement | null) {
  if (!link) return;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function nameOf(users: { id: string; real_name: string }[], id: string): string | undefined {
  return users.find((user) => user.id === id)?.real_name;
}

function mention(text: string, isMe = false): ReactNode {
  return <span className={`mention ${isMe ? "me-mentioned" : ""}`}>{text}</span>;
}

/** The block with its markup as the drawing library reads it best. */
function tidied(block: Block): Block {
  const done = { ...block };
  if (done.text) done.text = tidiedText(done.text);
  if (done.fields) done.fields = done.fields.map(tidiedText);
  if (done.accessory) done.accessory = withAddress(done.accessory);
  if (done.elements) done.elements = done.elements.map(withAddress);
  return done;
}

/** An uploaded image by its address, which the drawing library wants. */
function withAddress(element: Element): Element {
  return element.slack_file ? { ...element, image_url: addressOf(element) } : element;
}

/** No empty lines at the ends of a code block; a > inside a line is no quotation. */
function tidiedText(text: Text): Text {
  if (typeof text !== "object" || text.type !== "mrkdwn") return text;
  const fenced = text.text.replace(/```\n?([\s\S]*?)\n?```/g, "```$1```");
  return { ...text, text: fenced.replace(/(?<=[^\n])&gt; /g, ">\u2009") };
}
