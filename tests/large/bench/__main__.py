"""python -m tests.large.bench [OUTPUT]: measure everything, and write its part of the document."""

import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.large.bench import document, measures
from tests.large.bench.machine import machine
from tests.large.bench.parts import PERFORMANCE, rewrite
from tests.large.processes import in_process
from tests.large.sd15 import write_model


def measured(folder: Path) -> list[str]:
    """All sections; `folder` is for what is not kept, about 4 GB."""
    model, converted = folder / "model", folder / "unet.xml"
    in_process(write_model, model)
    measures.convert(model, converted)
    large = {dtype: measures.large(model, converted, folder, dtype) for dtype in measures.DTYPES}
    embedded = measures.embedded()
    products = measures.products()
    return [
        document.facts(machine(), measures.versions()),
        document.networks(large),
        document.pictures(embedded),
        document.layouts(large, embedded),
        document.memory(large, embedded),
        document.shares(products, large),
        document.exactness(measures.differences(folder)),
        document.shell(*measures.shell(folder)),
    ]


def main(output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sections = measured(Path(folder))
    title = f"# Performance\n\n`make bench` measured and wrote this on {date.today()}."
    text = "\n\n".join([title, *sections])
    print(text)
    rewrite(output, "bench", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PERFORMANCE)
