"""Names of months in the usual languages, with and without a point."""

from __future__ import annotations

_NAMES = """
en january february march april may june july august september october november december
en jan feb mar apr may jun jul aug sep oct nov dec
en jan feb mar apr may june july aug sept oct nov dec
de januar februar märz april mai juni juli august september oktober november dezember
de jän feb mrz apr mai jun jul aug sep okt nov dez
de jänner feber maerz april mai juni juli august september oktober november dezember
fr janvier février mars avril mai juin juillet août septembre octobre novembre décembre
fr janv févr mars avr mai juin juil août sept oct nov déc
fr janv fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
fr janv fév mars avr mai juin juil aout sept oct nov dec
es enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
es ene feb mar abr may jun jul ago sep oct nov dic
es ene feb mar abr may jun jul ago set oct nov dic
es enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre
pt janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
pt jan fev mar abr mai jun jul ago set out nov dez
it gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
it gen feb mar apr mag giu lug ago set ott nov dic
nl januari februari maart april mei juni juli augustus september oktober november december
nl jan feb mrt apr mei jun jul aug sep okt nov dec
sv januari februari mars april maj juni juli augusti september oktober november december
da januar februar marts april maj juni juli august september oktober november december
fi tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu
pl styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
pl stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
pl sty lut mar kwi maj cze lip sie wrz paź lis gru
cs leden únor březen duben květen červen červenec srpen září říjen listopad prosinec
cs ledna února března dubna května června července srpna září října listopadu prosince
ru январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
ru января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ru янв фев мар апр май июн июл авг сен окт ноя дек
tr ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
tr oca şub mar nis may haz tem ağu eyl eki kas ara
"""


def _months() -> dict[str, int]:
    """Return name -> month; where two languages differ in what a name means, it is in neither."""
    meanings: dict[str, set[int]] = {}
    for line in _NAMES.strip().splitlines():
        for number, name in enumerate(line.split()[1:], 1):
            meanings.setdefault(name, set()).add(number)
    return {name: numbers.pop() for name, numbers in meanings.items() if len(numbers) == 1}


MONTHS = _months()
