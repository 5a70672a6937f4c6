"""Can a server be reached? A connection is opened and closed again; nothing is sent over it."""

import socket
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

PATIENCE = 3.0  # seconds
ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com",
    "openrouter": "https://openrouter.ai",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com",
    "groq": "https://api.groq.com",
    "mistral": "https://api.mistral.ai",
    "deepseek": "https://api.deepseek.com",
    "xai": "https://api.x.ai",
    "cohere": "https://api.cohere.com",
    "cerebras": "https://api.cerebras.ai",
    "together_ai": "https://api.together.xyz",
    "fireworks_ai": "https://api.fireworks.ai",
    "ollama": "http://localhost:11434",
    "ollama_chat": "http://localhost:11434",
    "lm_studio": "http://localhost:1234",
}
"""Where a provider is asked, if the settings and the environment name no other address."""


def unreachable(address: str) -> str:
    """Why a connection to a server (or to the proxy on the way to it) can't be made, "" where it can."""
    try:
        server = _first(address)
        port = server.port or (443 if server.scheme == "https" else 80)
        socket.create_connection((server.hostname or "", port), PATIENCE).close()
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)
    return ""


def _first(address: str) -> SplitResult:
    """The server that is connected to: the proxy, where the environment names one for it."""
    asked = urlsplit(address)
    proxy = None if proxy_bypass(asked.hostname or "") else getproxies().get(asked.scheme)
    if not proxy:
        return asked
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")
