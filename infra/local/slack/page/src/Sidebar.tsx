import { useState } from "react";
import { useWorld } from "./context";
import type { Channel, User } from "./types";

type Props = {
  selected: string;
  choose: (channel: string) => void;
  become: (user: string) => void;
  open: boolean;
};

export function Sidebar({ selected, choose, become, open }: Props) {
  const { directory, channels, me } = useWorld();
  const mine = channels.filter((channel) => channel.is_im || channel.is_member);
  const others = channels.filter((channel) => !channel.is_im && !channel.is_member);
  return (
    <nav className={`sidebar ${open ? "open" : ""}`} aria-label="Channels">
      <div className="team">
        <span className="team-mark">{directory.team.name[0]}</span>
        <strong>{directory.team.name}</strong>
      </div>
      <div className="sidebar-scroll">
        <h3>Channels</h3>
        {mine.filter((channel) => !channel.is_im).map(item)}
        {others.map(item)}
        <h3>Apps</h3>
        {mine.filter((channel) => channel.is_im).map(item)}
      </div>
      <Me me={me} users={directory.users} become={become} />
    </nav>
  );

  function item(channel: Channel) {
    const unread = channel.id !== selected && channel.unread_count > 0;
    const label = channel.is_im ? directory.app.name : channel.name;
    return (
      <button
        key={channel.id}
        type="button"
        className={`channel ${channel.id === selected ? "selected" : ""} ${unread ? "unread" : ""} ${
          channel.is_im || channel.is_member ? "" : "outside"
        }`}
        data-testid={`channel-${channel.name ?? "cooper"}`}
        aria-current={channel.id === selected ? "page" : undefined}
        onClick={() => choose(channel.id)}
      >
        {channel.is_im ? <img src={`/avatars/${directory.app.user}.svg`} alt="" /> : <span className="hash">#</span>}
        <span className="channel-name">{label}</span>
        {unread && <span className="count">{channel.unread_count}</span>}
      </button>
    );
  }
}

function Me({ me, users, become }: { me: User; users: User[]; become: (user: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="me">
      {open && (
        <div className="menu up" role="menu" aria-label="Be someone else">
          {users
            .filter((user) => !user.is_bot)
            .map((user) => (
              <button
                key={user.id}
                type="button"
                role="menuitemradio"
                aria-checked={user.id === me.id}
                data-testid={`be-${user.name}`}
                onClick={() => {
                  setOpen(false);
                  become(user.id);
                }}
              >
                <img src={`/avatars/${user.id}.svg`} alt="" />
                <span>
                  <strong>{user.real_name}</strong>
                  <small>{user.profile.title}</small>
                </span>
                {user.id === me.id && <span className="tick">✓</span>}
              </button>
            ))}
        </div>
      )}
      <button type="button" className="me-button" aria-expanded={open} data-testid="me" onClick={() => setOpen(!open)}>
        <img src={`/avatars/${me.id}.svg`} alt="" />
        <span>
          <small>You are</small>
          <strong>{me.real_name}</strong>
        </span>
        <span className="caret">▾</span>
      </button>
    </div>
  );
}
