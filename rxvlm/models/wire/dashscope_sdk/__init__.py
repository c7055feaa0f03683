"""DashScope's own protocol through its SDK: what `rxvlm.models.dashscope` is made of."""
