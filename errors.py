"""Every failure we foresee, as one tree. Open to every room.

AppError
├── ActivityError              a designer branches on its code; texts in Russian and English live with the class
│   ├── input:        InputInvalid, InnInvalid, KppRequired, KppForbidden, MetadataMissing, VatRateInvalid, FileEmpty,
│   │                 FileTooLarge, TooManyFiles, FileAmbiguous, FileNotFound, FieldNotFound, FormatOutdated,
│   │                 DocumentNotReady, TypeNotAllowed, ReplySignatureFixed
│   ├── counteragent: RequisiteAmbiguous, CounteragentNotFound, CounteragentClosed, AmbiguousBox, NotPartner,
│   │                 InvitationRejected, RoamingSetupRequired, RecipientMismatch
│   ├── package:      PackageNotFound, DocumentNotFound, PackageEmpty, AlreadySent, Duplicate, LockNotAllowed,
│   │                 NotFinal, DraftDeleted
│   ├── signature:    SignatureRequired, SignerNotFound, SignatureInvalid, PoaMissing, PoaInvalid, RoamingFailed,
│   │                 RevocationInProgress, RevocationRejected
│   └── set-up:       BoxNotChosen, NotConfigured, TimeIsUp, InternalError
└── ServiceError               an outside system did not do what it was asked for
    ├── Unavailable            temporary: no answer, 5xx, "still in progress"
    │   └── RateLimited        temporary: it told us when to come back
    ├── SubscriptionEnded, NoAccess
    ├── AuthLost               no token can be had any more: PortalAuthLost, DiadocAuthLost
    ├── NotFoundThere          it says that the thing does not exist
    ├── Conflict               409 and its kin: the state over there forbids it
    └── RequestRejected        it calls our request wrong: a mistake of ours or of the data

`temporary` says whether waiting may cure it, `who_must_act` who has to do something: "", "our_signer",
"counteragent", "approver", "operator" or "administrator".
"""

from string import Formatter
from typing import Any, ClassVar


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"


class AppError(Exception):
    """A foreseen failure: `code` for conditions, `text(language)` for people, `facts` for both."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    ru: ClassVar[str] = "Внутренняя ошибка. Номер операции поможет администратору найти причину в журнале."
    en: ClassVar[str] = "Internal error. The operation number helps the administrator to find the cause in the log."
    temporary: bool = False
    who_must_act: str = "administrator"

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.text("en"))

    @property
    def is_retried(self) -> bool:
        """Do we try again by ourselves? What only people can end is told at once, though waiting may cure it."""
        return self.temporary

    def text(self, language: str) -> str:
        """The sentence for a person, in "ru" or (for any other language) "en"."""
        pattern = self.ru if language == "ru" else self.en
        shown = {name: _shown(value, language) for name, value in self.facts.items()}
        return Formatter().vformat(pattern, (), _Blanks(shown)).strip()


def _shown(value: Any, language: str) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(_shown(item, language) for item in value)
    spoken = value.of(language) if hasattr(value, "of") else value  # a text that exists in both languages
    # What others wrote may hold a NUL, which neither a database nor a portal can keep.
    return "—" if spoken in (None, "") else str(spoken).replace("\0", "�")


class ActivityError(AppError):
    """A failure with a stable code that a workflow can branch on."""

    who_must_act = "operator"


# Input


class InputInvalid(ActivityError):
    code = "INPUT_INVALID"
    ru = "Поле «{field}»: значение «{value}» не подходит. {hint} Ничего не сделано, исправьте настройку шага."
    en = 'Field "{field}": the value "{value}" does not fit. {hint} Nothing was done, correct the step\'s settings.'


class InnInvalid(ActivityError):
    code = "INN_INVALID"
    ru = "ИНН «{inn}» неверен: {reason}. Ничего не отправлено, исправьте ИНН в реквизитах."
    en = 'INN "{inn}" is wrong: {reason}. Nothing was sent, correct the INN in the requisites.'


class KppRequired(ActivityError):
    code = "KPP_REQUIRED"
    ru = "У организации с ИНН {inn} из 10 цифр нужен КПП. Заполните поле «КПП» в реквизитах компании."
    en = 'An organization with a 10-digit INN ({inn}) needs a KPP. Fill "KPP" in the company\'s requisites.'


class KppForbidden(ActivityError):
    code = "KPP_FORBIDDEN"
    ru = "У предпринимателя (ИНН {inn} из 12 цифр) не бывает КПП, а указан «{kpp}». Уберите КПП из реквизитов."
    en = 'An entrepreneur (12-digit INN {inn}) has no KPP, but "{kpp}" is given. Remove it from the requisites.'


class MetadataMissing(ActivityError):
    code = "METADATA_MISSING"
    ru = "У документа «{document}» не заполнены реквизиты: {fields}. Документ не добавлен и не отправлен, заполните их."
    en = 'Document "{document}" lacks requisites: {fields}. It was neither added nor sent, fill them in.'


class VatRateInvalid(ActivityError):
    code = "VAT_RATE_INVALID"
    ru = "В документе «{document}» ставка НДС «{rate}» недопустима. Ничего не отправлено, исправьте документ."
    en = 'Document "{document}" has an inadmissible VAT rate "{rate}". Nothing was sent, correct the document.'


class FileEmpty(ActivityError):
    code = "FILE_EMPTY"
    ru = "Файл «{file_name}» пуст. Документ не добавлен, приложите файл заново."
    en = 'File "{file_name}" is empty. The document was not added, attach the file again.'


class FileTooLarge(ActivityError):
    code = "FILE_TOO_LARGE"
    ru = "Файл «{file_name}» больше 70 МБ, Диадок такие не принимает. Документ не добавлен."
    en = 'File "{file_name}" is over 70 MB, which Diadoc does not take. The document was not added.'


class TooManyFiles(ActivityError):
    code = "TOO_MANY_FILES"
    ru = "В пакете {package_id} уже 40 документов, больше Диадок не принимает. Соберите второй пакет."
    en = "Package {package_id} already holds 40 documents, Diadoc's limit. Gather a second package."


class FileAmbiguous(ActivityError):
    code = "FILE_AMBIGUOUS"
    ru = "В поле «{field}» несколько файлов ({count}), а номер файла не указан. Документ не добавлен."
    en = 'Field "{field}" holds several files ({count}) and no file number is given. The document was not added.'


class FileNotFound(ActivityError):
    code = "FILE_NOT_FOUND"
    ru = "Файл не найден: {source}. Документ не добавлен, проверьте настройку шага и сам файл."
    en = "File not found: {source}. The document was not added, check the step's settings and the file."


class FieldNotFound(ActivityError):
    code = "FIELD_NOT_FOUND"
    ru = "В элементе {crm_item} нет поля «{field}». Ничего не сохранено, исправьте код поля в настройке шага."
    en = 'Item {crm_item} has no field "{field}". Nothing was saved, correct the field\'s code in the step.'


class FormatOutdated(ActivityError):
    code = "FORMAT_OUTDATED"
    ru = "Формат {version} документа «{document}» больше не принимается, нужен {actual}. Выгрузите документ заново."
    en = 'Format {version} of document "{document}" is no longer accepted, {actual} is needed. Export it again.'


class DocumentNotReady(ActivityError):
    code, temporary = "DOCUMENT_NOT_READY", True
    ru = "PDF документа {generated_document_id} ещё не готов: {reason}. Документ не добавлен, повторите позже."
    en = "The PDF of document {generated_document_id} is not ready: {reason}. Nothing was added, try again later."


class TypeNotAllowed(ActivityError):
    code = "TYPE_NOT_ALLOWED"
    ru = "Ящик не может отправлять документы вида {document_type}: {reason}. Ничего не отправлено."
    en = "The box may not send documents of type {document_type}: {reason}. Nothing was sent."


class ReplySignatureFixed(ActivityError):
    code = "REPLY_SIGNATURE_FIXED"
    ru = "Для вида {document_type} ответная подпись задана Диадоком ({fixed}), выбрать «{chosen}» нельзя."
    en = 'Diadoc fixes the reply signature of type {document_type} ({fixed}), "{chosen}" cannot be chosen.'


# Counteragent


class RequisiteAmbiguous(ActivityError):
    code = "REQUISITE_AMBIGUOUS"
    ru = "У клиента несколько разных реквизитов ({candidates}), и ни один не выбран в элементе {crm_item}. Выберите."
    en = "The client has several different requisites ({candidates}) and none is chosen in {crm_item}. Choose one."


class CounteragentNotFound(ActivityError):
    code = "COUNTERPARTY_NOT_FOUND"
    ru = "В Диадоке нет организации с ИНН {inn} и КПП {kpp}. Ничего не отправлено, уточните реквизиты."
    en = "Diadoc knows no organization with INN {inn} and KPP {kpp}. Nothing was sent, check the requisites."


class CounteragentClosed(ActivityError):
    code = "COUNTERPARTY_CLOSED"
    ru = "Организация «{name}» (ИНН {inn}) ликвидирована. Ничего не отправлено."
    en = 'Organization "{name}" (INN {inn}) is liquidated. Nothing was sent.'


class AmbiguousBox(ActivityError):
    code = "AMBIGUOUS_BOX"
    ru = "Под ИНН {inn} и КПП {kpp} несколько ящиков: {boxes}. Ничего не отправлено, выберите ящик получателя."
    en = "INN {inn} and KPP {kpp} have several boxes: {boxes}. Nothing was sent, choose the recipient's box."


class NotPartner(ActivityError):
    code = "NOT_PARTNER"
    ru = "Организация «{name}» принимает документы только от своих контрагентов. Отправьте ей приглашение."
    en = 'Organization "{name}" takes documents only from its counteragents. Send it an invitation.'


class InvitationRejected(ActivityError):
    code, who_must_act = "INVITATION_REJECTED", "counteragent"
    ru = "Контрагент «{name}» отклонил приглашение к обмену документами. Свяжитесь с ним."
    en = 'Counteragent "{name}" rejected the invitation to exchange documents. Contact them.'


class RoamingSetupRequired(ActivityError):
    code, who_must_act = "ROAMING_SETUP_REQUIRED", "administrator"
    ru = "Контрагент «{name}» обслуживается другим оператором, нужен запрос на роуминг: {reason}"
    en = 'Counteragent "{name}" is served by another operator, a roaming request is needed: {reason}'


class RecipientMismatch(ActivityError):
    code = "RECIPIENT_MISMATCH"
    ru = "В файле «{document}» получатель {in_file}, а пакет уходит {in_envelope}. Ничего не отправлено."
    en = 'File "{document}" names recipient {in_file}, but the package goes to {in_envelope}. Nothing was sent.'


# Package


class PackageNotFound(ActivityError):
    code = "PACKAGE_NOT_FOUND"
    ru = "Пакет не найден ({package}). Сначала добавьте в него документ или укажите верный номер."
    en = "Package not found ({package}). Add a document to it first or give the right number."


class DocumentNotFound(ActivityError):
    code = "DOCUMENT_NOT_FOUND"
    ru = "Документ {document} не найден. Проверьте номер документа в настройке шага."
    en = "Document {document} was not found. Check the document's number in the step."


class PackageEmpty(ActivityError):
    code = "PACKAGE_EMPTY"
    ru = "В пакете {package_id} нет документов. Ничего не отправлено, добавьте хотя бы один."
    en = "Package {package_id} holds no documents. Nothing was sent, add at least one."


class AlreadySent(ActivityError):
    code = "ALREADY_SENT"
    ru = "Пакет {package_id} уже отправлен, изменить или удалить его нельзя. Используйте аннулирование."
    en = "Package {package_id} has already been sent and cannot be changed or deleted. Use a revocation."


class Duplicate(ActivityError):
    code = "DUPLICATE"
    ru = "Документ «{document}» уже отправлен в пакете {package_id} (документ {document_id}). Второй не добавлен."
    en = 'Document "{document}" was already sent in package {package_id} (document {document_id}). Not added again.'


class LockNotAllowed(ActivityError):
    code = "LOCK_NOT_ALLOWED"
    ru = "Подписывать пакет только целиком нельзя: {reason}. Ничего не отправлено, выберите другую связь."
    en = "The package cannot be locked as a whole: {reason}. Nothing was sent, choose another lock."


class NotFinal(ActivityError):
    code, temporary, who_must_act = "NOT_FINAL", True, "counteragent"
    ru = "Документооборот ещё не завершён ({state}). Файлы не скачаны, дождитесь исхода."
    en = "The docflow is not finished ({state}). No files were downloaded, wait for the outcome."
    is_retried = False


class DraftDeleted(ActivityError):
    code = "DRAFT_DELETED"
    ru = "Неотправленный документ удалён в Диадоке ({document}). Контрагент его не получил."
    en = "The unsent document was deleted in Diadoc ({document}). The counteragent did not receive it."


# Signatures and what comes after


class SignatureRequired(ActivityError):
    code, who_must_act = "SIGNATURE_REQUIRED", "our_signer"
    ru = "Нужна подпись нашего сотрудника в Диадоке: {link} Робот подписать не может."
    en = "Our signer has to sign in Diadoc: {link} The robot cannot sign."


class SignerNotFound(ActivityError):
    code, who_must_act = "SIGNER_NOT_FOUND", "administrator"
    ru = "Сотруднику {signer} не сопоставлен пользователь Диадока. Ничего не отправлено, сопоставьте его."
    en = "Employee {signer} is not mapped to a Diadoc user. Nothing was sent, map them."


class SignatureInvalid(ActivityError):
    code, who_must_act = "SIGNATURE_INVALID", "our_signer"
    ru = "Подпись под документом «{document}» неверна, он не доставлен. Подпишите его заново в Диадоке."
    en = 'The signature of document "{document}" is invalid, it was not delivered. Sign it again in Diadoc.'


class PoaMissing(ActivityError):
    code, who_must_act = "POA_MISSING", "our_signer"
    ru = "К подписи не приложена машиночитаемая доверенность: {reason}. Приложите её в Диадоке."
    en = "The signature lacks a machine-readable power of attorney: {reason}. Attach it in Diadoc."


class PoaInvalid(ActivityError):
    code, who_must_act = "POA_INVALID", "our_signer"
    ru = "Машиночитаемая доверенность недействительна: {reason}. Замените её в Диадоке."
    en = "The machine-readable power of attorney is not valid: {reason}. Replace it in Diadoc."


class RoamingFailed(ActivityError):
    code = "ROAMING_FAILED"
    ru = "Документ «{document}» не принят оператором контрагента: {reason}."
    en = 'Document "{document}" was not accepted by the counteragent\'s operator: {reason}.'


class RevocationInProgress(ActivityError):
    code, who_must_act = "REVOCATION_IN_PROGRESS", "counteragent"
    ru = "Аннулирование документа «{document}» уже предложено, ждём ответа."
    en = 'The revocation of document "{document}" has already been proposed, an answer is awaited.'


class RevocationRejected(ActivityError):
    code, who_must_act = "REVOCATION_REJECTED", "counteragent"
    ru = "Контрагент отказался аннулировать документ «{document}»: {reason}."
    en = 'The counteragent refused to revoke document "{document}": {reason}.'


# Set-up


class BoxNotChosen(ActivityError):
    code, who_must_act = "BOX_NOT_CHOSEN", "administrator"
    ru = "Не ясно, от какой нашей организации действовать ({reason}). Укажите её в шаге или в элементе CRM."
    en = "It is not clear which organization of ours is meant ({reason}). Name it in the step or in the CRM item."


class NotConfigured(ActivityError):
    code, who_must_act = "NOT_CONFIGURED", "administrator"
    ru = "Это ещё не настроено: {what}. Ничего не сделано."
    en = "This is not set up yet: {what}. Nothing was done."


class TimeIsUp(ActivityError):
    code = "TIMEOUT"
    ru = "Срок ожидания вышел ({deadline}). Документооборот продолжается, робот больше не ждёт."
    en = "The waiting time is over ({deadline}). The docflow goes on, the robot no longer waits."


class InternalError(ActivityError):
    code, who_must_act = "INTERNAL_ERROR", "administrator"
    ru = AppError.ru
    en = AppError.en


# Outside systems


class ServiceError(AppError):
    """An outside system did not do what it was asked for.

    system: "Битрикс24", "Диадок"; method: the remote method; status: HTTP status or 0; vendor_code: its own code;
    detail: its own words, secrets removed; retry_after: seconds it asked us to wait, or None.
    """

    ru = "{system} ответил ошибкой на {method}: {detail}"
    en = "{system} answered {method} with an error: {detail}"

    def __init__(
        self,
        *,
        system: str,
        method: str = "",
        status: int = 0,
        vendor_code: str = "",
        detail: str = "",
        retry_after: float | None = None,
        **facts: Any,
    ) -> None:
        self.system, self.method, self.status = system, method, status
        self.vendor_code, self.detail, self.retry_after = vendor_code, detail, retry_after
        super().__init__(
            system=system, method=method, status=status, vendor_code=vendor_code, detail=detail or vendor_code, **facts
        )


class Unavailable(ServiceError):
    code, temporary, who_must_act = "UNAVAILABLE", True, ""
    ru = "{system} временно недоступен ({detail}). Повторим сами."
    en = "{system} is unavailable for the moment ({detail}). We will try again."


class RateLimited(Unavailable):
    code = "RATE_LIMITED"
    ru = "{system} просит подождать: слишком много запросов ({detail}). Повторим сами."
    en = "{system} asks us to wait: too many requests ({detail}). We will try again."


class SubscriptionEnded(ServiceError):
    code = "SUBSCRIPTION_ENDED"
    ru = "{system}: подписка закончилась или не даёт доступа к API ({detail}). Администратору нужно её продлить."
    en = "{system}: the subscription ended or gives no API access ({detail}). The administrator has to renew it."


class NoAccess(ServiceError):
    code = "NO_ACCESS"
    ru = "{system} отказал в доступе ({detail}). Администратору нужно выдать права."
    en = "{system} denied access ({detail}). The administrator has to grant the rights."


class AuthLost(ServiceError):
    """No token can be had any more; a person has to consent or install again."""

    code = "DIADOC_AUTH_LOST"


class PortalAuthLost(AuthLost):
    code = "PORTAL_AUTH_LOST"
    ru = "Доступ к порталу Битрикс24 потерян ({detail}). Администратору нужно переустановить приложение."
    en = "Access to the Bitrix24 portal is lost ({detail}). The administrator has to reinstall the application."


class DiadocAuthLost(AuthLost):
    code = "DIADOC_AUTH_LOST"
    ru = "Доступ к Диадоку потерян ({detail}). Администратору нужно подключить ящик заново."
    en = "Access to Diadoc is lost ({detail}). The administrator has to connect the box again."


class NotFoundThere(ServiceError):
    code = "DOCUMENT_NOT_FOUND"
    who_must_act = "operator"
    ru = "{system}: не найдено ({detail})."
    en = "{system}: not found ({detail})."


class Conflict(ServiceError):
    code = "NO_ACCESS"
    who_must_act = "operator"
    ru = "{system} не позволяет это сделать: {detail}"
    en = "{system} does not allow this: {detail}"


class RequestRejected(ServiceError):
    code = "INPUT_INVALID"
    who_must_act = "operator"
    ru = "{system} отклонил запрос {method}: {detail}"
    en = "{system} rejected the request {method}: {detail}"
