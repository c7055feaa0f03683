"""DashScope's own protocol through its SDK: the parts of `rxvlm.models.dashscope`."""
