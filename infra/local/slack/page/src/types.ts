export type Text = { type: "plain_text" | "mrkdwn"; text: string };
export type Option = { text: Text; value: string; description?: Text; url?: string };
export type OptionGroup = { label: Text; options: Option[] };
export type Confirm = { title?: Text; text?: Text; confirm?: Text; deny?: Text; style?: string };

/** A Block Kit element or block: its type says which of the other fields it has. */
export type Element = {
  type: string;
  action_id: string;
  text?: Text;
  value?: string;
  url?: string;
  style?: "primary" | "danger";
  confirm?: Confirm;
  placeholder?: Text;
  options?: Option[];
  option_groups?: OptionGroup[];
  initial_option?: Option;
  initial_options?: Option[];
  initial_value?: string;
  initial_date?: string;
  initial_date_time?: number;
  initial_time?: string;
  initial_user?: string;
  initial_channel?: string;
  initial_conversation?: string;
  multiline?: boolean;
  min_length?: number;
  max_length?: number;
  min_value?: string;
  max_value?: string;
  is_decimal_allowed?: boolean;
  accessibility_label?: string;
} & Image;

/** Where a picture lies: an address, or a file that the app uploaded. */
export type Image = {
  image_url?: string;
  slack_file?: { id?: string; url?: string };
  alt_text?: string;
};

export type Block = {
  type: string;
  block_id: string;
  text?: Text;
  fields?: Text[];
  elements?: Element[];
  accessory?: Element;
  element?: Element;
  label?: Text;
  hint?: Text;
  optional?: boolean;
  dispatch_action?: boolean;
  title?: Text;
} & Image;

export type File = {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  size: number;
  url_private: string;
};

export type Reaction = { name: string; users: string[]; count: number };

export type Message = {
  ts: string;
  user?: string;
  bot_id?: string;
  subtype?: string;
  text: string;
  blocks?: Block[];
  attachments?: { color?: string; text?: string; title?: string; blocks?: Block[] }[];
  files?: File[];
  thread_ts?: string;
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  reactions?: Reaction[];
  edited?: { ts: string };
  is_ephemeral?: boolean;
};

export type User = {
  id: string;
  name: string;
  real_name: string;
  is_bot: boolean;
  is_restricted: boolean;
  color?: string;
  profile: { title?: string; display_name?: string };
};

export type Channel = {
  id: string;
  name?: string;
  is_im?: boolean;
  is_private?: boolean;
  user?: string;
  is_member?: boolean;
  topic?: { value: string };
  num_members?: number;
  unread_count: number;
  members: string[];
};

export type View = {
  id: string;
  type: "modal" | "home";
  title: Text;
  submit?: Text | null;
  close?: Text | null;
  blocks: Block[];
  hash: string;
  previous_view_id: string | null;
  state: { values: State };
};

export type State = Record<string, Record<string, StateValue>>;
export type StateValue = { type: string; [field: string]: unknown };

export type Directory = {
  users: User[];
  usergroups: { id: string; handle: string; name: string }[];
  team: { id: string; name: string };
  app: {
    name: string;
    handle: string;
    user: string;
    commands: { name: string; hint: string; description: string }[];
  };
};

export type Change =
  | { type: "message"; channel: string; message: Message }
  | { type: "deleted"; channel: string; ts: string }
  | { type: "status"; channel: string; thread_ts: string; status: string }
  | { type: "prompts"; channel: string; prompts: { title: string; message: string }[] }
  | { type: "views" }
  | { type: "home" }
  | { type: "channels" };
