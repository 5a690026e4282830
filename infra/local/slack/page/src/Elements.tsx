import { useState } from "react";
import { emojify } from "node-emoji";
import { read } from "./api";
import { useWorld } from "./context";
import type { Block, Confirm, Element, Image, Option, StateValue } from "./types";

/** Acts on an element; `value` is what was chosen, undefined for a button. */
export type Act = (block: Block, element: Element, value?: unknown) => Promise<void>;

type Props = {
  element: Element;
  block: Block;
  act: Act;
  entered?: StateValue;
  onInput?: (value: unknown) => void;
};

/** One interactive element. In an input block a choice is kept until the form is submitted. */
export function ElementView({ element, block, act, entered, onInput }: Props) {
  const [asked, setAsked] = useState<{ value?: unknown } | null>(null);
  const [busy, setBusy] = useState(false);

  async function send(value?: unknown) {
    setBusy(true);
    try {
      await act(block, element, value);
    } finally {
      setBusy(false);
    }
  }
  function choose(value?: unknown) {
    if (onInput) {
      onInput(value);
      if (block.dispatch_action) void send(value);
    } else if (element.confirm) setAsked({ value });
    else void send(value);
  }
  return (
    <>
      <Control element={element} choose={choose} busy={busy} entered={entered} inForm={!!onInput} />
      {asked && element.confirm && (
        <ConfirmDialog
          confirm={element.confirm}
          onAnswer={(yes) => {
            setAsked(null);
            if (yes) void send(asked.value);
          }}
        />
      )}
    </>
  );
}

type ControlProps = {
  element: Element;
  choose: (value?: unknown) => void;
  busy: boolean;
  entered?: StateValue;
  inForm: boolean;
};

function Control(props: ControlProps) {
  const { element, choose, busy, entered } = props;
  const world = useWorld();
  const test = { "data-testid": `action-${element.action_id}`, "data-action-id": element.action_id };
  switch (element.type) {
    case "button":
    case "workflow_button":
      return (
        <button
          type="button"
          className={`bk-button ${element.style ?? ""}`}
          disabled={busy}
          aria-label={element.accessibility_label}
          onClick={() => {
            if (element.url) window.open(element.url, "_blank", "noopener");
            choose();
          }}
          {...test}
        >
          {emojify(element.text?.text ?? "")}
        </button>
      );
    case "overflow":
      return <Overflow {...props} />;
    case "static_select":
      return <Select {...props} options={flat(element)} groups={element.option_groups} />;
    case "external_select":
      return <ExternalSelect {...props} />;
    case "users_select":
      return (
        <Select {...props} options={world.directory.users.map((u) => made(u.id, u.real_name))} />
      );
    case "channels_select":
    case "conversations_select":
      return (
        <Select
          {...props}
          options={world.channels.flatMap((c) => (c.name ? [made(c.id, `#${c.name}`)] : []))}
        />
      );
    case "multi_static_select":
    case "checkboxes":
      return <Choices {...props} many />;
    case "radio_buttons":
      return <Choices {...props} many={false} />;
    case "datepicker":
    case "timepicker":
      return (
        <input
          className="bk-input narrow"
          type={element.type === "datepicker" ? "date" : "time"}
          defaultValue={String(entered?.selected_date ?? entered?.selected_time ?? element.initial_date ?? element.initial_time ?? "")}
          onChange={(event) => choose(event.target.value)}
          {...test}
        />
      );
    case "datetimepicker":
      return <Moment {...props} />;
    case "image":
      return <img className="bk-image" src={addressOf(element)} alt={element.alt_text} />;
    default:
      return <TextInput {...props} />;
  }
}

/** A day and a time in the reader's zone; Slack counts it in seconds since 1970. */
function Moment({ element, choose, entered }: ControlProps) {
  const seconds = Number(entered?.selected_date_time ?? element.initial_date_time ?? 0);
  return (
    <input
      className="bk-input narrow"
      type="datetime-local"
      defaultValue={seconds ? localTime(new Date(seconds * 1000)) : ""}
      onChange={(event) => choose(Math.floor(new Date(event.target.value).getTime() / 1000))}
      data-testid={`action-${element.action_id}`}
      data-action-id={element.action_id}
    />
  );
}

function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

function TextInput({ element, choose, entered, inForm }: ControlProps) {
  const first = String(entered?.value ?? element.initial_value ?? "");
  const [text, setText] = useState(first);
  const shared = {
    className: "bk-input",
    value: text,
    placeholder: element.placeholder?.text,
    minLength: element.min_length,
    maxLength: element.max_length,
    "data-testid": `action-${element.action_id}`,
    "data-action-id": element.action_id,
  };
  const change = (value: string) => {
    setText(value);
    if (inForm) choose(value);
  };
  if (element.multiline)
    return <textarea rows={4} {...shared} onChange={(event) => change(event.target.value)} />;
  const number = element.type === "number_input";
  return (
    <input
      {...shared}
      type="text"
      inputMode={number ? "decimal" : undefined}
      onChange={(event) => change(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !inForm) choose(text);
      }}
    />
  );
}

type SelectProps = ControlProps & { options: Option[]; groups?: Element["option_groups"] };

function Select({ element, choose, busy, entered, options, groups }: SelectProps) {
  const chosen = entered?.selected_option as Option | null | undefined;
  const named = entered?.selected_user ?? entered?.selected_channel ?? entered?.selected_conversation;
  const first = chosen?.value ?? named ?? element.initial_option?.value ?? element.initial_user;
  const [value, setValue] = useState(String(first ?? element.initial_channel ?? element.initial_conversation ?? ""));
  return (
    <select
      className="bk-select"
      value={value}
      disabled={busy}
      onChange={(event) => {
        setValue(event.target.value);
        choose(event.target.value);
      }}
      data-testid={`action-${element.action_id}`}
      data-action-id={element.action_id}
      aria-label={element.placeholder?.text ?? element.action_id}
    >
      <option value="" disabled>
        {element.placeholder?.text ?? "Choose an option"}
      </option>
      {groups
        ? groups.map((group) => (
            <optgroup key={group.label.text} label={group.label.text}>
              {group.options.map(drawOption)}
            </optgroup>
          ))
        : options.map(drawOption)}
    </select>
  );
}

function ExternalSelect(props: ControlProps) {
  const { me, complain } = useWorld();
  const { element, choose } = props;
  const [found, setFound] = useState<Option[]>([]);
  async function search(value: string) {
    try {
      const query = { user: me.id, action_id: element.action_id, value };
      setFound((await read<{ options?: Option[] }>("options", query)).options ?? []);
    } catch (error) {
      complain(error);
    }
  }
  return (
    <span className="bk-external">
      <input
        className="bk-input"
        list={`options-${element.action_id}`}
        placeholder={element.placeholder?.text}
        data-testid={`action-${element.action_id}`}
        onChange={(event) => {
          const option = found.find((one) => one.text.text === event.target.value);
          if (option) choose(option);
          else void search(event.target.value);
        }}
      />
      <datalist id={`options-${element.action_id}`}>
        {found.map((option) => (
          <option key={option.value} value={option.text.text} />
        ))}
      </datalist>
    </span>
  );
}

function Choices({ element, choose, entered, many }: ControlProps & { many: boolean }) {
  const before = many
    ? ((entered?.selected_options ?? element.initial_options ?? []) as Option[])
    : [entered?.selected_option ?? element.initial_option].filter(Boolean) as Option[];
  const [chosen, setChosen] = useState(before.map((option) => option.value));
  return (
    <span className="bk-choices" role="group" data-testid={`action-${element.action_id}`}>
      {flat(element).map((option) => (
        <label key={option.value} className="bk-choice">
          <input
            type={many ? "checkbox" : "radio"}
            checked={chosen.includes(option.value)}
            value={option.value}
            onChange={(event) => {
              const rest = many ? chosen.filter((one) => one !== option.value) : [];
              const next = event.target.checked ? [...rest, option.value] : rest;
              setChosen(next);
              choose(many ? next : next[0]);
            }}
          />
          <span>
            {emojify(option.text.text)}
            {option.description && <small>{option.description.text}</small>}
          </span>
        </label>
      ))}
    </span>
  );
}

function Overflow({ element, choose, busy }: ControlProps) {
  const [open, setOpen] = useState(false);
  return (
    <span className="bk-overflow">
      <button
        type="button"
        className="bk-button dots"
        aria-label="More actions"
        aria-expanded={open}
        disabled={busy}
        onClick={() => setOpen(!open)}
        data-testid={`action-${element.action_id}`}
      >
        •••
      </button>
      {open && (
        <span className="menu" role="menu" onMouseLeave={() => setOpen(false)}>
          {(element.options ?? []).map((option) => (
            <button
              key={option.value}
              type="button"
              role="menuitem"
              onClick={() => {
                setOpen(false);
                if (option.url) window.open(option.url, "_blank", "noopener");
                choose(option.value);
              }}
            >
              {emojify(option.text.text)}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}

function ConfirmDialog({ confirm, onAnswer }: { confirm: Confirm; onAnswer: (yes: boolean) => void }) {
  return (
    <div className="veil" role="presentation">
      <div className="dialog" role="alertdialog" aria-modal="true" data-testid="confirm-dialog">
        <h2>{confirm.title?.text ?? "Are you sure?"}</h2>
        <p>{emojify(confirm.text?.text ?? "")}</p>
        <div className="dialog-buttons">
          <button type="button" className="bk-button" onClick={() => onAnswer(false)}>
            {confirm.deny?.text ?? "Cancel"}
          </button>
          <button
            type="button"
            className={`bk-button ${confirm.style === "danger" ? "danger" : "primary"}`}
            onClick={() => onAnswer(true)}
          >
            {confirm.confirm?.text ?? "Yes"}
          </button>
        </div>
      </div>
    </div>
  );
}

/** Where a picture is read: a file of the app's through the workspace, which has it. */
export function addressOf({ image_url, slack_file }: Image): string | undefined {
  if (slack_file?.id) return `/files-pri/${slack_file.id}`;
  return slack_file?.url ? new URL(slack_file.url, location.href).pathname : image_url;
}

function flat(element: Element): Option[] {
  return element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
}

function made(value: string, text: string): Option {
  return { value, text: { type: "plain_text", text } };
}

function drawOption(option: Option) {
  return (
    <option key={option.value} value={option.value}>
      {emojify(option.text.text)}
    </option>
  );
}
