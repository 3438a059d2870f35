"""Formal XML documents between organizations of the sandbox, just complete enough to be read."""

from sandbox.diadoc import seed


def transfer(
    *,
    function: str = "ДОП",
    number: str = "17",
    buyer: seed.Organization = seed.LYUTIK,
    rate: str = "22%",
    version: str = "5.03",
) -> bytes:
    """A universal transfer document of seed.ROMASHKA, in windows-1251."""
    text = (
        f'<?xml version="1.0" encoding="windows-1251"?><Файл ИдФайл="ON_NSCHFDOPPR_1" ВерсФорм="{version}">'
        f'<Документ КНД="1115131" Функция="{function}"><СвСчФакт НомерДок="{number}" ДатаДок="20.11.2026">'
        f"<СвПрод>{_party(seed.ROMASHKA)}</СвПрод><СвПокуп>{_party(buyer)}</СвПокуп>"
        f'<ДенИзм КодОКВ="643" НаимОКВ="Российский рубль"/></СвСчФакт><ТаблСчФакт><СведТов НалСт="{rate}"/>'
        '<ВсегоОпл СтТовБезНДСВсего="1000.00" СтТовУчНалВсего="1220.00"><СумНалВсего><СумНал>220.00</СумНал>'
        "</СумНалВсего></ВсегоОпл></ТаблСчФакт></Документ></Файл>"
    )
    return text.encode("windows-1251")


def _party(one: seed.Organization) -> str:
    return f'<ИдСв><СвЮЛУч НаимОрг="{one.name}" ИННЮЛ="{one.inn}" КПП="{one.kpp}"/></ИдСв>'
