"""How clients talk to model servers.

=====================  ===============================================================
where                  what is there
=====================  ===============================================================
`clip_forms`           the forms of a clip, adapted to a server's limits
`events`               server-sent events in the bytes of a body
`encodings`            replies are not packed
`destinations`         the warning that clips leave this machine
`streamed_body`        a request's body, its clips encoded while it is sent
`refusal`              what a server said instead of an answer: status, code, words
`video_refusal`        when pictures are sent instead of a video that was refused
`error_table`          which error a status, a code or a server's words become
`tokens`               how many tokens a question costs
`threads`              the worker threads and the clock of deadlines
`chat_completions`     OpenAI's protocol over httpx
`dashscope_sdk`        DashScope's own protocol through its SDK
=====================  ===============================================================

A call that is late or disposed of is closed in `chat_completions.call` and
`dashscope_sdk.deadline`; what each kind of server can do is listed in
`chat_completions.capabilities`.
"""
