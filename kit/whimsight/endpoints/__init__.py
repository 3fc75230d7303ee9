"""Talking to a service that speaks the OpenAI protocol, whatever is asked of it.

Knows where a service is (`addresses`), which headers it wants (`headers`), what of all this may go there (`access`)
and how it stays hidden (`secrets`, `silence`), how much of an answer is read (`limits`), what can go wrong (`faults`),
how a person is told (`telling`) and how long to wait before asking again (`waiting`); `sending` puts them together,
`settings` checks what the makers of its users have in common. Errors are of the class that the caller names. Knows
nothing of chats, embeddings or texts.
"""
