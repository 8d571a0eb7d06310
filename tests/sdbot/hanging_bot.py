"""bot.py as it is, with an engine whose thread hangs in its first step, as a native call may."""

import runpy
import threading

from sdbot.engines.thread import ThreadEngine
from tests.conftest import ROOT


class HangingPipeline:
    def __call__(self, recipe):
        pass

    def paint(self, recipes, *, image, on_step):
        threading.Event().wait()


ThreadEngine._read = lambda _engine, _model: HangingPipeline()
runpy.run_path(str(ROOT / "bot.py"), run_name="__main__")
