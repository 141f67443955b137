"""Who does a task: the embedded agent, scripted ones, and models behind extras."""
