"""`python -m sandbox.diadoc`: API, identity provider and web pages under one address."""

from sandbox.diadoc.app import create_app
from sandbox.serve import arguments, serve

if __name__ == "__main__":
    serve(create_app(), arguments("A local Diadoc with its identity provider").parse_args())
