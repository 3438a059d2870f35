"""`python -m sandbox.portal`: the auth server and two portals, each on a loopback address of its own."""

from sandbox.portal.application import create_app
from sandbox.portal.world import World
from sandbox.serve import arguments, serve

HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]  # auth server, first, second, spare


def main() -> None:
    parser = arguments("Bitrix24: an auth server, two portals and a spare address for a portal that moves")
    options = parser.parse_args()
    options.host = options.host or HOSTS
    if len(options.host) < 2:
        parser.error("two addresses at least: the auth server and a portal must differ")
    world = World()
    serve(create_app(world), options, world.set_urls)


if __name__ == "__main__":
    main()
