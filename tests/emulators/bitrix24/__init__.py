"""The Bitrix24 emulator; `server` says how to use it."""

from tests.emulators.bitrix24.clock import HandClock, WallClock
from tests.emulators.bitrix24.server import BitrixEmulator

__all__ = ["BitrixEmulator", "HandClock", "WallClock"]
