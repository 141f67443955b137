"""The interactive session: a face on the engine that takes lines, shows events, and decides nothing by itself."""
