"""Where each tool keeps a project's environment, one file a tool; nothing is changed, and none of its code runs."""
