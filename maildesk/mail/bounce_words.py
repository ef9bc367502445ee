"""The words of mail servers: what bounces and delay notices say, in the languages they speak.

Each pattern is one flat alternation without nested repetition, so that its cost is linear.
What a pattern means is said where it is used, in `bounce_prose`.
"""

import re

SUBJECT = re.compile(
    # English: sendmail, Postfix, qmail, exim, Exchange, Domino, providers
    r"undeliver|returned (?:mail|e-?mail|message|to sender)|return(?:ing)? (?:mail|message|to sender)"
    r"|mail (?:delivery|delivered|system|failed|failure|error|could not)|delivery[ _-](?:status|failure"
    r"|failed|has failed|error|problem|notification|report|incomplete|delay)|failure (?:notice|delivery)"
    r"|failed (?:mail|delivery|to deliver)|non[- ]?deliver|(?:message|email) (?:status|delivery|undeliver"
    r"|you sent|not sent|could not|was not|blocked|rejected)|user (?:unknown|not found)|unknown user"
    r"|(?:could|can|was|were) ?n[o']t (?:be )?(?:deliver|sent|reach)|cannot be (?:deliver|sent)"
    r"|not delivered|unable to deliver|bounced?\b|rejected|permfail|mailbox (?:full|unavailable|not found)"
    r"|over ?quota|warning: (?:could not|message|your)|delayed|nameserver error|address (?:not found|unknown)"
    r"|smtp (?:server|client): errors|error sending|dead letter|\bnot member\b"
    # German, Dutch, Nordic
    r"|unzustellbar|nicht (?:zu)?gestellt|zustell(?:ung|bericht|fehler|problem)|[üu]bermittlungsstatus"
    r"|nicht [üu]bermittelt|konnte nicht|onbestelbaar|niet (?:bezorgd|afgeleverd)|bezorgingsstatus"
    r"|kunde inte levereras|olevererbar|ej lever|(?:kan|kunne) ikke leveres|ikke levert|uleverbar"
    r"|perille toimittamaton|toimitus ep[äa]onnistui"
    # French, Spanish, Portuguese, Italian
    r"|non (?:remis|distribu|d[ée]livr)|[ée]chec (?:de|d')|notification d'[ée]tat de remise"
    r"|no se (?:puede|pudo|ha podido) entregar|no entregado|(?:fallo|error) (?:de|en la) entrega|devuelto"
    r"|n[ãa]o (?:entregue|foi poss[íi]vel entregar)|falha na entrega|devolvid"
    r"|non recapitabile|non consegnat|manca(?:to recapito|ta consegna)"
    # Polish, Czech, Hungarian, Turkish, Russian
    r"|niedostarcz|nie (?:mo[żz]na|uda[łl]o si[ęe]) dostarczy|nedoru[čc]iteln|nelze doru[čc]it"
    r"|k[ée]zbes[íi]thetetlen|teslim edilemedi|недоставлен|не ?доставлен|не удалось доставить"
    # Japanese, Chinese, Korean
    r"|配信(?:不能|でき|に失敗|エラー)|送信(?:できません|エラー)|不達|エラーメール|退信|(?:无法|無法)[送投传傳]"
    r"|投递失败|未送达|전송 실패|배달되지",
    re.IGNORECASE,
)

PHRASES = re.compile(
    # English
    r"could ?n[o']t be (?:delivered|sent|reached)|unable to (?:deliver|relay|send)|undeliverable"
    r"|cannot (?:be delivered|deliver)|not be delivered|failed to deliver|not (?:been )?delivered|not deliver "
    r"|(?:attempting|trying) to deliver|deliver(?:y|ing) (?:to .{0,100}? )?(?:has |have )?(?:failed|failure"
    r"|error|problem)|delivery attempt|did not (?:reach|receive)|(?:permanent|fatal) (?:fatal )?errors?"
    r"|failed addresses|transcript of session|user unknown|unknown (?:user|recipient|address|host|mailbox)"
    r"|(?:user|host|address|domain|recipient) (?:is )?(?:unknown|not found|rejected)|no (?:such|valid) (?:user"
    r"|users|recipient|recipients|mailbox|address|person|domain|host|account)"
    r"|mailbox (?:is )?(?:full|unavailable|not found|disabled|inactive|unknown|exceeds)|quota"
    r"|not (?:listed|found) in|does ?n[o']t exist|invalid (?:final |recipient|address|user|mailbox|domain)"
    r"|recipients?(?: address)? (?:rejected|unknown|not)|connection (?:refused|timed out)|returned to sender"
    r"|account (?:has been |is )?(?:disabled|inactive|suspended|closed|full|blocked)|bounced|rejected"
    r"|no longer (?:available|valid|active|works?|employed|in use|accept)|i'm afraid i wasn't able"
    r"|exceeded? (?:the|its|allowed|storage)|trouble delivering|(?:message|mail|envelope) expired"
    r"|(?:retry|time) ?(?:time)?out exceeded|temporary failure|not a valid|relaying denied|access denied"
    r"|has been delayed|was undelivered"
    # German, Dutch, Nordic
    r"|nicht (?:zugestellt|[üu]bermittelt|ausgeliefert|erreicht|gefunden|vorhanden)|konnte(?:n)? nicht"
    r"|unzustellbar|nicht zustellbar|(?:empf[äa]nger|benutzer|adresse|postfach) .{0,40}(?:unbekannt|voll"
    r"|existiert|abgelehnt|gesperrt)|kon niet worden|niet (?:bezorgd|afgeleverd)|bestaat niet"
    r"|kunde inte levereras|finns inte|(?:kunne|kan) ikke (?:leveres|finde)|findes ikke|ei voitu toimittaa"
    # French, Spanish, Portuguese, Italian
    r"|n'a (?:pas )?(?:pu |pas |[ée]t[ée] )|non (?:remis|distribu)|n'existe pas|no (?:pudo|se pudo|se puede"
    r"|ha podido|lleg[óo]|existe)|buz[óo]n .{0,20}lleno|n[ãa]o (?:existe|p[ôo]de|foi)|caixa .{0,20}cheia"
    r"|non (?:esiste|[èe] stat|pu[òo] essere)|casella .{0,20}piena"
    # Polish, Czech, Turkish, Russian
    r"|nie (?:istnieje|mo[żz]na|zosta[łl])|neexistuje|teslim edilem|не (?:существует|может быть|был|удалось)"
    # Japanese, Chinese, Korean
    r"|配信(?:でき|に失敗|不能)|送信でき|宛先.{0,20}(?:見つか|存在)|お届けでき|不存在|(?:无法|無法)[送投传傳]|退信|拒收"
    r"|존재하지|배달되지",
    re.IGNORECASE,
)

DELAY = re.compile(
    r"will (?:continue to )?(?:be )?(?:retr|try|keep trying|attempt)|still being (?:retried|attempted)"
    r"|warning message only|do(?:es)? not need to re-?send|has been delayed|delayed(?: mail)?\b|\(delay\)"
    r"|not yet been delivered|delivery attempts will continue|transient (?:non-)?fatal|this is a warning"
    r"|only a temporary failure|will keep trying|still (?:in the queue|trying)|no action is required"
    r"|wird (?:weiter|erneut) versucht|noch nicht zugestellt|verz[öo]ger|zustellversuche"
    r"|sera r[ée]essay|retard|se seguir[áa] intentando|retrasad|in ritardo|vertraagd|opóźni|задерж",
    re.IGNORECASE,
)

# Where the returned message begins: what follows are the words of others.
RETURNED = re.compile(
    r"^[ \t]*(?:[-|]{2,}[^\n]{0,40}(?:below this line|copy of|original message|returned message|message header"
    r"|unsent message|start of|included is|the body|message text|header follows|the header)"
    r"|(?:this is a|included is a|here is a|below is a) copy of"
    r"|(?:the |your )?(?:original|returned|undelivered|rejected|bounced|unsent) (?:message|mail)"
    r"(?: header| text| follows| is|:| --)|received: from |return-path: <|message headers? follow"
    r"|your (?:original )?(?:message|mail) (?:reads|was|is)(?: \(in part\))?:|\*{3,} *(?:original|message)"
    r"|(?:urspr[üu]ngliche|originale?) (?:nachricht|message|meddelande|melding)|message-id: <"
    r"|x-envelope-from:|-----BEGIN)",
    re.IGNORECASE | re.MULTILINE,
)
