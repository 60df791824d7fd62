import sys
from pathlib import Path
from inline import script_of
HERE = Path(__file__).resolve().parent
def read(name):
    return (HERE.joinpath(*name.split(".")) if name.startswith("reporter") else HERE.parent.joinpath(*name.split("."))).with_suffix(".py").read_text("utf-8")
if __name__ == "__main__":
    for e in sorted(p.stem for w in ("direct", "app") for p in (HERE/"reporter").glob(w+"_*.py")):
        t = script_of("reporter."+e, read); Path(f"/tmp/{e}.py").write_text(t); compile(t, e, "exec"); print(e, len(t.encode()), t.count("\n"))
