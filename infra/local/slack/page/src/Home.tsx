import { act } from "./api";
import { Blocks } from "./Blocks";
import { useWorld } from "./context";
import type { Act } from "./Elements";
import type { View } from "./types";

/** The app's Home tab as this person sees it. */
export function Home({ view }: { view: View | null }) {
  const world = useWorld();
  if (!view) {
    return (
      <div className="home-empty" data-testid="home">
        <img src={`/avatars/${world.directory.app.user}.svg`} alt="" />
        <h2>{world.directory.app.name} has nothing here yet</h2>
        <p>Its Home tab appears as soon as the app publishes one.</p>
      </div>
    );
  }
  const click: Act = async (block, element, value) => {
    try {
      await act("clicks", {
        user: world.me.id,
        view_id: view.id,
        block_id: block.block_id,
        action_id: element.action_id,
        value: value ?? element.value,
      });
    } catch (error) {
      world.complain(error);
    }
  };
  return (
    <div className="home" data-testid="home">
      <div className="home-inner">
        <Blocks key={view.hash} blocks={view.blocks} act={click} state={view.state.values} />
      </div>
    </div>
  );
}
