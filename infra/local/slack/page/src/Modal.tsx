import { useEffect, useState } from "react";
import { act, Refused } from "./api";
import { Blocks } from "./Blocks";
import { useWorld } from "./context";
import type { Act } from "./Elements";
import type { View } from "./types";

/** The view on top of the person's stack. */
export function Modal({ view, refresh }: { view: View; refresh: () => void }) {
  const world = useWorld();
  const [values, setValues] = useState<Record<string, Record<string, unknown>>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);

  const send = async (what: string, body: Record<string, unknown>) => {
    setBusy(true);
    try {
      await act(what, { user: world.me.id, view_id: view.id, ...body });
      setErrors({});
    } catch (error) {
      if (error instanceof Refused && Object.keys(error.errors).length) setErrors(error.errors);
      else world.complain(error);
    } finally {
      setBusy(false);
      refresh();
    }
  };
  const click: Act = (block, element, value) =>
    send("clicks", {
      block_id: block.block_id,
      action_id: element.action_id,
      value: value ?? element.value,
      values,
    });
  const close = () => void send("closes", {});
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  });

  return (
    <div className="veil" role="presentation">
      <form
        className="modal"
        role="dialog"
        aria-modal="true"
        aria-label={view.title.text}
        data-testid="modal"
        data-view-id={view.id}
        onSubmit={(event) => {
          event.preventDefault();
          void send("submits", { values });
        }}
      >
        <header>
          <img src={`/avatars/${world.directory.app.user}.svg`} alt="" />
          <h2>{view.title.text}</h2>
          <button type="button" className="plain" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        <div className="modal-body">
          <Blocks
            key={view.hash}
            blocks={view.blocks}
            act={click}
            state={view.state.values}
            errors={errors}
            onInput={(block, action, value) =>
              setValues((before) => ({ ...before, [block]: { ...before[block], [action]: value } }))
            }
          />
        </div>
        <footer>
          <button type="button" className="bk-button" onClick={close}>
            {view.close?.text ?? (view.previous_view_id ? "Back" : "Cancel")}
          </button>
          {view.submit && (
            <button type="submit" className="bk-button primary" disabled={busy} data-testid="modal-submit">
              {view.submit.text}
            </button>
          )}
        </footer>
      </form>
    </div>
  );
}
