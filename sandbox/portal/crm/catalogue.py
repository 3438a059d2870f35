"""Standard fields of CRM items, one word a field: ORIGINAL_NAME:type:Title:flags (r read only, m multiple)."""

from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, INVOICE, LEAD, QUOTE

COMMON = """ID:integer:ID:r XML_ID:string:Внешний_код TITLE:string:Название CREATED_BY:user:Кем_создан:r
UPDATED_BY:user:Кем_изменён:r CREATED_TIME:datetime:Когда_создан:r UPDATED_TIME:datetime:Когда_обновлён:r
ASSIGNED_BY_ID:user:Ответственный OPENED:boolean:Доступен_для_всех ORIGINATOR_ID:string:Внешний_источник
ORIGIN_ID:string:Элемент_источника UTM_SOURCE:string:UTM_Source UTM_MEDIUM:string:UTM_Medium"""

_STAGED = """STAGE_ID:crm_status:Стадия PREVIOUS_STAGE_ID:crm_status:Предыдущая_стадия:r CATEGORY_ID:integer:Воронка
MOVED_BY:user:Кем_передвинут:r MOVED_TIME:datetime:Когда_передвинут:r OPPORTUNITY:double:Сумма
CURRENCY_ID:crm_currency:Валюта IS_MANUAL_OPPORTUNITY:boolean:Сумма_вручную TAX_VALUE:double:Налог
COMPANY_ID:crm_company:Компания CONTACT_ID:crm_contact:Контакт CONTACT_IDS:crm_contact:Контакты:m"""
_SALE = """BEGINDATE:date:Дата_начала CLOSEDATE:date:Дата_завершения MYCOMPANY_ID:crm_company:Наша_компания"""
_SOURCE = """SOURCE_ID:crm_status:Источник SOURCE_DESCRIPTION:text:Об_источнике OBSERVERS:user:Наблюдатели:m"""
_COMMENTS = """COMMENTS:text:Комментарий"""
_PERSON = """HONORIFIC:crm_status:Обращение NAME:string:Имя SECOND_NAME:string:Отчество LAST_NAME:string:Фамилия
BIRTHDATE:date:Дата_рождения POST:string:Должность ADDRESS:string:Адрес"""
_DEAL = """TYPE_ID:crm_status:Тип LEAD_ID:crm_lead:Лид PROBABILITY:integer:Вероятность QUOTE_ID:crm_quote:Предложение
ADDITIONAL_INFO:text:Дополнительно CLOSED:boolean:Закрыта"""
_CONTACT = """TYPE_ID:crm_status:Тип COMPANY_ID:crm_company:Компания COMPANY_IDS:crm_company:Компании:m
EXPORT:boolean:Экспорт"""
_COMPANY = """TYPE_ID:crm_status:Тип LOGO:file:Логотип INDUSTRY:crm_status:Отрасль EMPLOYEES:crm_status:Сотрудники
CURRENCY_ID:crm_currency:Валюта REVENUE:double:Оборот IS_MY_COMPANY:boolean:Наша_компания
BANKING_DETAILS:text:Банк CONTACT_IDS:crm_contact:Контакты:m"""

OF_KIND = {
    LEAD: f"{_STAGED} {_SOURCE} {_PERSON} {_COMMENTS} COMPANY_TITLE:string:Компания",
    DEAL: f"{_STAGED} {_SALE} {_SOURCE} {_COMMENTS} {_DEAL}",
    CONTACT: f"{_PERSON} {_SOURCE} {_COMMENTS} {_CONTACT}",
    COMPANY: f"{_COMMENTS} {_COMPANY}",
    QUOTE: f"{_STAGED} {_SALE} {_COMMENTS} DEAL_ID:crm_deal:Сделка QUOTE_NUMBER:string:Номер",
    INVOICE: f"{_STAGED} {_SALE} {_SOURCE} {_COMMENTS} ACCOUNT_NUMBER:string:Номер",
}
SMART_PROCESS = f"{_STAGED} {_SALE} {_SOURCE}"
OF_FLAG = {  # what a smart process has only with this flag
    "isStagesEnabled": {"STAGE_ID", "PREVIOUS_STAGE_ID", "MOVED_BY", "MOVED_TIME"},
    "isCategoriesEnabled": {"CATEGORY_ID"},
    "isClientEnabled": {"COMPANY_ID", "CONTACT_ID", "CONTACT_IDS"},
    "isMycompanyEnabled": {"MYCOMPANY_ID"},
    "isBeginCloseDatesEnabled": {"BEGINDATE", "CLOSEDATE"},
    "isSourceEnabled": {"SOURCE_ID", "SOURCE_DESCRIPTION"},
    "isObserversEnabled": {"OBSERVERS"},
    "isLinkWithProductsEnabled": {"OPPORTUNITY", "CURRENCY_ID", "IS_MANUAL_OPPORTUNITY", "TAX_VALUE"},
}
