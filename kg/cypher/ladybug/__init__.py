"""The parts of the ladybug emitter; :mod:`kgllm.kg.cypher.emit_ladybug` puts them together."""
