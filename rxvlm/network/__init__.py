"""Requests over a network: hosts, the proxies before them, and when a server wants to be asked again."""
