"""The word lists behind the attributes that look at wording, all in one place.

English only. An entry is one word or several words with one space between them, in lower case and with the
straight apostrophe. It matches whole words, in any case, with either apostrophe, where exactly one character
stands between the words: white space, or a full stop as in e.g. At each word of a text a list counts at most
once, by its longest entry there.
"""

from __future__ import annotations

__all__ = ["LEXICONS"]


def _entries(text: str) -> tuple[str, ...]:
    """Split a block of entries at commas and line ends."""
    return tuple(dict.fromkeys(e.strip() for e in text.replace("\n", ",").split(",") if e.strip()))


LEXICONS: dict[str, tuple[str, ...]] = {
    "hedges": _entries("""
        perhaps, maybe, might, may, possibly, probably, presumably, seemingly, apparently, arguably
        likely, unlikely, could be, it seems, it appears, seems to, appears to, seem to, appear to
        suggests, roughly, approximately, somewhat, relatively, generally, typically, usually
        sometimes, in some cases, it depends, depends on, depending on, i think, i believe, i guess
        i suppose, i feel, in my opinion, to some extent, not sure, not certain, kind of, sort of
        tend to, tends to, as far as i know, could potentially, potentially, it is possible
        it's possible, more or less, can vary, may vary, not necessarily
    """),
    "certainty": _entries("""
        definitely, certainly, absolutely, obviously, clearly, undoubtedly, surely, always, never
        completely, totally, entirely, extremely, highly, truly, indeed, very, really, without a doubt
        no doubt, of course, must, in fact, the fact is, guaranteed, undeniably, utterly, incredibly
        essential, crucial, vital, proven, every, everyone, nobody, nothing
    """),
    "apologies": _entries("""
        sorry, apologize, apologise, apologies, apology, my mistake, my bad, forgive me, pardon
        i regret, excuse me
    """),
    "refusals": _entries("""
        i can't, i cannot, i can not, i won't, i will not, i'm unable, i am unable, i'm not able
        i am not able, i'm not comfortable, i am not comfortable, i don't feel comfortable
        i'm not going to, i am not going to, i refuse, i must decline, i decline, i have to decline
        not appropriate, is inappropriate, be inappropriate, i don't want to, i do not want to
        i'd rather not, i would rather not, unable to assist, unable to help, unable to provide
        cannot provide, can't provide, cannot assist, can't assist, cannot help, can't help with
        i don't think i should, i shouldn't, i should not, against my, not able to help
        i don't know how, not something i, i'm not sure i should, i don't condone, i do not condone
        not willing to, i don't think that's, i don't think it's a good idea, i don't support
    """),
    "cautions": _entries("""
        consult, seek help, seek medical, seek professional, professional help, a professional
        a doctor, your doctor, a lawyer, a therapist, an expert, medical advice, legal advice
        financial advice, be careful, be cautious, caution, warning, beware, dangerous, unsafe, harmful
        risky, illegal, against the law, unethical, not safe, not legal, at your own risk
        it's important to, it is important to, important to note, please note, keep in mind, be aware
        not recommended, i don't recommend, i wouldn't recommend, i would not recommend
        strongly advise, advise against, hotline, get in trouble, serious consequences, could hurt
        can hurt, hurt someone, hurt yourself, safety, safely, precautions, emergency, poison control
        seek immediate, get help
    """),
    "as an ai": _entries("""
        as an ai, as a language model, ai language model, as an artificial intelligence
        an ai assistant, as a large language model, i'm an ai, i am an ai, i'm just an ai
        i am just an ai, i'm a language model, i am a language model, i'm a computer, i am a computer
        i'm a robot, i am a robot, i'm a machine, i am a machine, i'm a bot, i am a bot
        don't have feelings, don't have personal, do not have personal, do not have feelings
        my training data, my knowledge cutoff, i was trained, i'm an assistant, i am an assistant
        i don't have access, i do not have access, i'm not a human, i'm not human, i am not human
        language model
    """),
    "first person": _entries("i, me, my, mine, myself, i'm, i've, i'd, i'll"),
    "second person": _entries("you, your, yours, yourself, yourselves, you're, you've, you'd, you'll"),
    "we": _entries("we, us, our, ours, ourselves, we're, we've, we'd, we'll, let's"),
    "politeness": _entries("""
        please, thank you, thanks, thank, you're welcome, welcome, happy to help, glad to help
        happy to assist, feel free, let me know, hope this helps, hope that helps, i hope, here to help
        would you like, do you want me to, can i help, may i, could you, would you mind, appreciate
        grateful, kindly, is there anything else, anything else i can, how can i help
    """),
    "advice": _entries("""
        you should, you could, you can, you might want, you may want, you need to, you must
        you'll want, you have to, try to, try, consider, make sure, be sure, remember to, don't forget
        avoid, i recommend, i suggest, i'd recommend, i'd suggest, i would recommend, i would suggest
        i advise, my advice, should, need to, have to, ought to, better to, best to, a good idea
        start by, focus on, ensure, talk to
    """),
    "examples": _entries("""
        for example, for instance, such as, e.g, example, examples, including, includes, namely
        in particular, specifically, to illustrate, case in point, among others
    """),
    "connectives": _entries("""
        but, however, although, though, whereas, while, yet, nevertheless, nonetheless, despite
        in spite of, on the other hand, instead, rather, even though, in contrast, by contrast
        on the contrary, unlike, except, still, otherwise, conversely, because, since, therefore, thus
        hence, so that, as a result, consequently, due to, which means, for this reason, that is why
        that's why, in order to, leads to, lead to, caused by, owing to, accordingly, thereby, if
        unless, moreover, furthermore, additionally, in addition, also, as well as, not only
    """),
    "signposts": _entries("""
        first, firstly, second, secondly, third, thirdly, fourth, fifth, next, then, finally, lastly
        step, steps, to begin with, to start, after that, afterwards, in the end, at last, once you
        begin by, start with, followed by, meanwhile, subsequently, eventually, initially
        in conclusion, to conclude, in summary, to summarize, to summarise, to sum up, overall
        in short, in brief, all in all, ultimately, therefore, in closing, the bottom line, in essence
        to recap, on the whole, takeaway, takeaways, in other words
    """),
    "profanity": _entries("""
        fuck, fucking, fucked, fucker, fuckers, motherfucker, shit, shitty, bullshit, bitch, bitches
        ass, asshole, assholes, damn, dammit, goddamn, hell, crap, bastard, bastards, dick, dicks, cock
        pussy, cunt, whore, slut, piss, pissed, wtf, idiot, idiots, stupid, moron, morons, dumb
        dumbass, retard, retarded, faggot, fag, douche, jackass, sucks, screw you, shut up, loser, scum
        pervert, porn
    """),
    "positive": _entries("""
        good, great, best, better, wonderful, amazing, excellent, beautiful, love, loved, loving, happy
        happiness, joy, joyful, enjoy, enjoyed, fun, nice, perfect, perfectly, fantastic, awesome
        brilliant, delightful, pleasant, pleased, glad, excited, exciting, success, successful, succeed
        win, won, benefit, benefits, beneficial, helpful, useful, valuable, improve, improved, improves
        positive, hope, hopeful, peace, peaceful, calm, safe, healthy, strong, free, freedom, friendly
        kind, kindness, warm, warmth, smile, smiled, laugh, laughter, laughed, comfort, comfortable
        gentle, generous, honest, trust, proud, thrive, inspire, inspiring, inspired, vibrant, rich
        stunning, magical, unique, special, important, meaningful, effective, efficient, easy, easily
        clear, fresh, bright, lovely, charming, elegant, respectful, support, supportive, gift
        celebrate, treasure, unforgettable, thrilling, favorite
    """),
    "negative": _entries("""
        bad, worse, worst, terrible, horrible, awful, ugly, hate, hated, hatred, sad, sadness, sorrow
        grief, angry, anger, fear, afraid, scared, scary, terrified, hurt, hurts, pain, painful, suffer
        suffering, kill, killed, killing, kills, die, died, dies, dead, death, murder, murdered
        violence, violent, war, attack, attacked, abuse, abused, crime, criminal, steal, stole, stolen
        threat, threaten, destroy, destroyed, damage, damaged, lose, lost, loss, fail, failed, failure
        wrong, problem, problems, trouble, difficult, danger, risk, sick, disease, ill, illness, poor
        poverty, lonely, alone, cry, cried, tears, evil, cruel, cruelty, guilty, guilt, shame, ashamed
        weak, broken, worried, worry, anxious, anxiety, stress, disgusting, nasty, rude, lie, lies
        lied, unfair, unhappy, upset, bitter, desperate, despair, useless, waste, wasted, pollution
        toxic, poison, racist, racism, negative, harm, victim, victims
    """),
    "agreement": _entries("""
        sure, certainly, of course, absolutely, exactly, gladly, totally, yes, yeah, okay, ok, alright
        you're right, you are right, that's right, that is right, i agree, i fully agree, agreed
        that's true, that is true, that's correct, that is correct, you're correct, you are correct
        you make a good, you make a great, makes sense, fair point, well said, i hear you
        i see what you, sounds great, sounds good, good point, great point, good idea, great idea
        great question, good question, excellent question, interesting question, excellent point
        excellent choice, great choice, what a great, that's a great, that's a good, happy to
        i'd be happy, i'd be glad, i'm glad you, congratulations, well done, no problem, got it, hello
        hi, greetings
    """),
    "past": _entries("""
        was, were, had, did, said, went, came, saw, knew, took, made, got, thought, told, felt, found
        gave, left, became, began, kept, heard, held, stood, sat, ran, wrote, brought, met, fell, spoke
        grew, lost, led, built, wasn't, weren't, hadn't, didn't, couldn't, wouldn't, could, would
        used to, been, turned
    """),
    "ornate": _entries("""
        tapestry, testament, delve, delves, delving, intricate, intricately, whisper, whispers
        whispered, whispering, shimmering, glimmer, dance, danced, dancing, dances, echo, echoed
        echoes, echoing, symphony, ethereal, kaleidoscope, realm, beacon, vibrant, bustling, nestled
        cascading, bittersweet, palpable, poignant, solace, embrace, embraced, unspoken, fleeting
        lingering, lingered, weight of, sense of, a mix of, mixture of, somehow, as if, like a, tracing
        traced, hummed, flickering, flickered, silence, shadows, gentle, soft, softly, tender, delicate
        delicately, fragile, reminder, a reminder, journey, resilience, mosaic, crucible, labyrinth
        unravel, unraveling, woven, weave, weaving, amidst, serene, transformative, profound, quiet
        quietly, ancient, golden, distant
    """),
}
