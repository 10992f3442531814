"""Words that names, captions, bios and reviews are put together from, by language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """How one market writes.

    code      of the influencers who write it, as EchoTik has it
    praise    what a title says of the goods; `extras` what it ends with
    given     first names; `family` last names
    caption   of videos, with {name} for the goods; `titles` of lives
    good      reviews of four and five stars; `fair` of three and less
    """

    code: str
    praise: tuple[str, ...]
    extras: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    captions: tuple[str, ...]
    titles: tuple[str, ...]
    good: tuple[str, ...]
    fair: tuple[str, ...]


def _language(code: str, *lines: str) -> Language:
    praise, extras, given, family, captions, titles, good, fair = (tuple(line.split(" | ")) for line in lines)
    return Language(code, praise, extras, given, family, captions, titles, good, fair)


LANGUAGES = {
    "en": _language(
        "en",
        "Premium | Upgraded | Viral | Ultra Soft | Heavy Duty | Everyday | Compact | Original",
        "for Women and Men | for Home and Travel | Gift Ready | 2 Pack | New Arrival | with Carry Bag | Easy to Use",
        "Mia | Ava | Jordan | Chloe | Liam | Noah | Zoe | Harper | Ethan | Grace | Ruby | Mason",
        "Carter | Brooks | Hughes | Reed | Bennett | Foster | Hayes | Murphy | Walsh | Parker",
        "I can't stop using {name} | Run, don't walk: {name} | Honest review of {name} | POV: {name} finally arrived",
        "Flash deals tonight | Sunday restock live | Try it with me | Biggest sale of the month",
        "Exactly as described, love it | Great quality for the price | Came fast and works well | Bought it twice",
        "It is fine, smaller than I thought | Arrived late and the box was bent | Not what I expected",
    ),
    "id": _language(
        "id",
        "Premium | Original | Viral | Terlaris | Murah | Kekinian | Tebal | Anti Air",
        "Terbaru | Bisa COD | Wanita Pria | Garansi | Kualitas Import | Siap Kirim | Isi 2",
        "Putri | Dewi | Rizky | Siti | Bagas | Ayu | Fajar | Nadia | Intan | Yoga | Citra | Dimas",
        "Pratama | Lestari | Saputra | Wijaya | Anggraini | Hidayat | Permata | Nugroho | Rahayu | Santoso",
        "Pilih {name} favoritmu disini😉 | Wajib punya {name}! | Review jujur {name} | {name} lagi promo bestie",
        "Promo gajian malam ini | Live diskon besar | Belanja bareng yuk | Flash sale 12 malam",
        "Barang bagus, sesuai deskripsi | Pengiriman cepat, mantap | Suka banget, bakal order lagi | Kualitas oke",
        "Lumayan, tapi warnanya beda | Pengiriman lama | Kurang sesuai harapan",
    ),
    "th": _language(
        "th",
        "พรีเมียม | ของแท้ | ขายดี | รุ่นใหม่ | คุณภาพดี | ราคาถูก | พร้อมส่ง | กันน้ำ",
        "ส่งจากไทย | มีเก็บปลายทาง | สำหรับผู้หญิง | ใช้ในบ้าน | แพ็ค 2 ชิ้น | สินค้าใหม่ | ของขวัญ",
        "พลอย | นิดา | มายด์ | ก้อง | ต้น | แนน | ฝน | บีม | เจน | โอม | ปลา | มิว",
        "ใจดี | ศรีสุข | ทองดี | รักไทย | สมบูรณ์ | แสงทอง | วงศ์ไทย | มีสุข | พงษ์ไพร | บุญมา",
        "ป้ายยา {name} ดีมาก | รีวิว {name} ใช้จริง | {name} ตัวนี้ต้องมี | {name} ลดราคาแล้ว",
        "ไลฟ์ลดราคาคืนนี้ | โปรแรงประจำเดือน | มาช้อปด้วยกัน | แจกคูปองในไลฟ์",
        "สินค้าดีมาก ตรงปก | ส่งไว แพ็คดี | คุ้มราคา ซื้อซ้ำแน่นอน | ใช้แล้วชอบ",
        "พอใช้ได้ สีไม่ตรง | ส่งช้ามาก | ไม่ค่อยดีเท่าไหร่",
    ),
    "ph": _language(
        "en",
        "Premium | Original | Sulit | Best Seller | Heavy Duty | Korean Style | On Hand | Affordable",
        "COD Available | for Men and Women | Free Pouch | Pang Regalo | Ready to Ship | Set of 2 | Trending",
        "Angel | Jhanna | Marco | Princess | Carlo | Bea | Kim | Migs | Aira | Joshua | Trisha | Paolo",
        "Santos | Reyes | Cruz | Bautista | Garcia | Mendoza | Flores | Ramos | Aquino | Villanueva",
        "Ang ganda ng {name}! | Budol finds: {name} | Legit review ng {name} | {name} na sulit sa presyo",
        "Budol night live | Payday sale na | Tara, mine na | Sulit deals tonight",
        "Sobrang ganda, sulit | Mabilis dumating, maayos ang packing | Same sa picture | Worth the price",
        "Okay lang, medyo maliit | Matagal dumating | Hindi katulad ng nasa picture",
    ),
    "ms": _language(
        "ms",
        "Premium | Original | Viral | Terlaris | Murah | Berkualiti | Tahan Lama | Ready Stock",
        "Boleh COD | Lelaki Wanita | Percuma Beg | Baru Tiba | Penghantaran Pantas | Set 2 | Hadiah",
        "Aisyah | Nurul | Hakim | Farah | Amir | Siti | Danish | Balqis | Izzat | Sofea | Syafiq | Hana",
        "Ismail | Rahman | Abdullah | Yusof | Tan | Lim | Wong | Kumar | Hassan | Zulkifli",
        "Korang kena cuba {name} | Review jujur {name} | {name} tengah viral | Racun hari ini: {name}",
        "Live jualan malam ini | Promosi hujung bulan | Jom beli ramai-ramai | Diskaun gila",
        "Barang cantik, berbaloi | Penghantaran cepat | Memang puas hati | Akan repeat lagi",
        "Okay je, saiz kecil sikit | Lambat sampai | Tak sama macam gambar",
    ),
    "vi": _language(
        "vi",
        "Cao Cấp | Chính Hãng | Bán Chạy | Mẫu Mới | Giá Tốt | Siêu Bền | Chống Nước | Hot Trend",
        "Tặng Kèm Túi | Nam Nữ | Giao Nhanh | Bảo Hành 12 Tháng | Combo 2 | Quà Tặng | Hàng Sẵn",
        "Linh | Trang | Minh | Hương | Tuấn | Thảo | Nam | Ngọc | Hà | Long | Vy | Khánh",
        "Nguyễn | Trần | Lê | Phạm | Hoàng | Vũ | Đặng | Bùi | Đỗ | Ngô",
        "Review thật {name} | {name} xịn quá mọi người ơi | Phải có {name} nha | {name} đang giảm giá",
        "Live săn sale tối nay | Xả kho cuối tháng | Chốt đơn cùng mình | Giảm giá sốc",
        "Hàng đẹp, đúng mô tả | Giao nhanh, đóng gói kỹ | Rất ưng, sẽ mua lại | Đáng tiền",
        "Tạm được, màu hơi khác | Giao chậm | Không như mong đợi",
    ),
    "es": _language(
        "es",
        "Premium | Original | Viral | Ultraligero | Reforzado | Compacto | Nueva Versión | Más Vendido",
        "para Mujer y Hombre | Envío Rápido | Paquete de 2 | para el Hogar | Ideal para Regalo | con Estuche",
        "Lucía | Sofía | Mateo | Valeria | Diego | Camila | Andrés | Paula | Hugo | Elena | Iker | Renata",
        "García | Hernández | López | Martínez | Ruiz | Torres | Navarro | Castillo | Romero | Vega",
        "No puedo vivir sin {name} | Reseña honesta de {name} | Corre por {name} | {name} por fin llegó",
        "Ofertas de esta noche | Rebajas en vivo | Compra conmigo | Última oportunidad",
        "Muy buena calidad, lo recomiendo | Llegó rápido y bien empacado | Tal como en la foto | Vale la pena",
        "Está bien, pero es pequeño | Tardó mucho en llegar | No era lo que esperaba",
    ),
    "pt": _language(
        "pt",
        "Premium | Original | Viral | Reforçado | Compacto | Mais Vendido | Lançamento | Ultraleve",
        "para Casa | Feminino e Masculino | Kit com 2 | Envio Imediato | Presente Ideal | com Estojo | à Prova d'Água",
        "Ana | Beatriz | Lucas | Larissa | Pedro | Camila | Rafael | Júlia | Gustavo | Isabela | Caio | Duda",
        "Silva | Souza | Oliveira | Pereira | Costa | Almeida | Ribeiro | Carvalho | Rocha | Moraes",
        "Gente, olha {name} | Resenha sincera de {name} | {name} viralizou | Achadinho: {name}",
        "Live de ofertas | Promoção relâmpago | Vem comprar comigo | Achadinhos da noite",
        "Produto ótimo, recomendo | Chegou rápido e bem embalado | Igual à foto | Vale muito a pena",
        "Bom, mas menor que o esperado | Demorou para chegar | Não gostei muito",
    ),
    "de": _language(
        "de",
        "Premium | Original | Beliebt | Robust | Kompakt | Neu | Extra Weich | Leicht",
        "für Damen und Herren | für Zuhause | 2er Set | mit Tasche | Geschenkidee | Schneller Versand | Wasserdicht",
        "Lena | Emma | Jonas | Mila | Felix | Hannah | Paul | Laura | Finn | Clara | Ben | Ida",
        "Müller | Schmidt | Fischer | Weber | Wagner | Becker | Hoffmann | Koch | Richter | Wolf",
        "Ich liebe {name} | Ehrliche Meinung zu {name} | {name} im Test | Endlich da: {name}",
        "Angebote heute Abend | Live Shopping | Kommt mit stöbern | Nur heute reduziert",
        "Sehr gute Qualität, gerne wieder | Schnelle Lieferung | Wie beschrieben | Preis-Leistung top",
        "Ganz okay, etwas klein | Lieferung hat gedauert | Hatte mehr erwartet",
    ),
    "fr": _language(
        "fr",
        "Premium | Original | Tendance | Résistant | Compact | Nouveau | Ultra Doux | Léger",
        "pour Femme et Homme | pour la Maison | Lot de 2 | avec Étui | Idée Cadeau | Livraison Rapide | Étanche",
        "Léa | Manon | Hugo | Chloé | Lucas | Camille | Jules | Inès | Théo | Zoé | Nina | Louis",
        "Martin | Bernard | Dubois | Moreau | Laurent | Girard | Roux | Fontaine | Mercier | Blanc",
        "Je suis fan de {name} | Avis honnête sur {name} | {name} enfin reçu | Il vous faut {name}",
        "Ventes flash ce soir | Shopping en direct | On déballe ensemble | Promos du mois",
        "Très bonne qualité, je recommande | Livraison rapide | Conforme à la photo | Bon rapport qualité prix",
        "Correct, un peu petit | Livraison trop longue | Pas convaincue",
    ),
    "it": _language(
        "it",
        "Premium | Originale | Virale | Resistente | Compatto | Nuovo | Morbidissimo | Leggero",
        "Donna e Uomo | per la Casa | Set da 2 | con Custodia | Idea Regalo | Spedizione Rapida | Impermeabile",
        "Giulia | Sofia | Marco | Chiara | Luca | Martina | Matteo | Sara | Davide | Elisa | Nico | Alice",
        "Rossi | Russo | Ferrari | Esposito | Bianchi | Romano | Ricci | Marino | Greco | Conti",
        "Adoro {name} | Recensione onesta di {name} | {name} finalmente qui | Dovete provare {name}",
        "Offerte di stasera | Shopping in diretta | Sconti lampo | Scopriamo insieme",
        "Ottima qualità, consigliato | Arrivato in fretta | Come in foto | Vale il prezzo",
        "Discreto, un po' piccolo | Consegna lenta | Mi aspettavo di più",
    ),
    "ja": _language(
        "ja",
        "高品質 | 正規品 | 人気 | 新作 | 軽量 | 防水 | コンパクト | 限定",
        "男女兼用 | 家庭用 | 2個セット | 収納袋付き | ギフト | 即日発送 | 最新版",
        "さくら | ゆい | はると | あおい | れん | ひな | そうた | みお | りく | ここな | ゆうと | めい",
        "佐藤 | 鈴木 | 高橋 | 田中 | 伊藤 | 渡辺 | 山本 | 中村 | 小林 | 加藤",
        "{name}を使ってみた | 正直レビュー {name} | {name}が届きました | おすすめ {name}",
        "今夜の特別セール | ライブ限定価格 | 一緒にお買い物 | 月末セール",
        "とても良い商品です | すぐ届きました | 写真どおりで満足 | コスパ最高",
        "普通です、少し小さい | 届くのが遅かった | 思っていたのと違う",
    ),
}
BRANDS = (
    "Luvora",
    "Nestwell",
    "Kirva",
    "Ommi",
    "Brightly",
    "Tavola",
    "Zenko",
    "Halcyon",
    "Mirabo",
    "Petalune",
    "Rovane",
    "Quillow",
    "Snugli",
    "Vantio",
    "Arkeo",
    "Bellamo",
    "Cozyra",
    "Dapple",
    "Everso",
    "Fennix",
    "Glowell",
    "Hexato",
    "Isola",
    "Jovelle",
    "Korrin",
    "Lumea",
    "Maplewick",
    "Novari",
    "Oberon",
    "Pixlo",
)
SHOP_KINDS = ("Official Store", "Shop", "Studio", "Global", "Direct", "Outlet", "Home", "Co")
HASHTAGS = ("#fyp", "#viral", "#tiktokmademebuyit", "#dealsforyoudays", "#TikTokShop", "#musthave", "#unboxing")
OPTIONS = {
    "Color": ("Black", "White", "Beige", "Sage Green", "Navy", "Pink"),
    "Shade": ("01 Rose", "02 Nude", "03 Cherry", "04 Mocha", "05 Peach", "06 Plum"),
    "Size": ("S", "M", "L", "XL", "XXL", "XS"),
    "Pack": ("1 Pack", "2 Packs", "3 Packs", "4 Packs", "6 Packs", "8 Packs"),
    "Capacity": ("350 ml", "500 ml", "750 ml", "1 L", "1.2 L", "2 L"),
    "Style": ("Classic", "Floral", "Galaxy", "Retro", "Minimal", "Cartoon"),
    "Flavor": ("Original", "Mango", "Strawberry", "Chili Lime", "Cocoa", "Matcha"),
    "Set": ("12 pcs", "24 pcs", "36 pcs", "48 pcs", "60 pcs", "100 pcs"),
}
