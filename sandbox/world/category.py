"""The tree of product categories, three levels deep. The same for every seed, as the real one is for every account."""

from dataclasses import dataclass

# level 1 id and name, its influencers' account category, the option its products come in | level 2: three of level 3
TAXONOMY = """
600001 Home Supplies | Home, Furniture & Appliances | Color
  Home Organizers: Storage Boxes, Wall Hooks, Drawer Dividers
  Bathroom Supplies: Shower Caddies, Bath Mats, Soap Dispensers
  Home Decor: LED Strip Lights, Wall Stickers, Scented Candles
  Cleaning Tools: Spin Mops, Lint Removers, Scrub Brushes
601450 Beauty & Personal Care | Beauty | Shade
  Makeup: Lip Tints, Setting Sprays, Cushion Foundations
  Skincare: Face Serums, Sunscreens, Clay Masks
  Haircare: Hair Oils, Shampoo Bars, Heatless Curlers
  Nail Care: Gel Nail Kits, Nail Stickers, Cuticle Oils
700645 Health | Health & Wellness | Pack
  Food Supplements: Collagen Gummies, Moringa Capsules, Magnesium Tablets
  Personal Wellness: Massage Guns, Posture Belts, Heating Pads
  Oral Care: Whitening Strips, Electric Toothbrushes, Tongue Scrapers
  Medical Supplies: Kinesiology Tapes, Pill Organizers, Thermometers
605248 Fashion Accessories | Clothing & Accessories | Color
  Jewelry: Keychains, Layered Necklaces, Ear Cuffs
  Eyewear: Polarized Sunglasses, Blue Light Glasses, Glasses Cases
  Hair Accessories: Claw Clips, Satin Scrunchies, Headbands
  Belts & Scarves: Leather Belts, Silk Scarves, Knit Gloves
601152 Womenswear & Underwear | Clothing & Accessories | Size
  Dresses: Maxi Dresses, Wrap Dresses, Linen Sundresses
  Tops: Ribbed Tank Tops, Oversized Tees, Crop Cardigans
  Bottoms: Wide Leg Pants, Pleated Skirts, Flare Leggings
  Underwear: Seamless Bras, Shapewear Shorts, Pajama Sets
824328 Menswear & Underwear | Clothing & Accessories | Size
  Shirts: Oxford Shirts, Polo Shirts, Graphic Tees
  Trousers: Cargo Pants, Jogger Sweatpants, Chino Shorts
  Jackets: Bomber Jackets, Windbreakers, Fleece Hoodies
  Underwear and Socks: Boxer Briefs, Ankle Socks, Thermal Sets
601352 Shoes | Clothing & Accessories | Size
  Sneakers: Running Shoes, Platform Sneakers, Slip-On Shoes
  Sandals: Cloud Slides, Strappy Sandals, Clogs
  Boots: Chelsea Boots, Snow Boots, Rain Boots
  Shoe Care: Insoles, Shoe Cleaners, No-Tie Laces
824584 Luggage & Bags | Travel & Tourism | Color
  Handbags: Tote Bags, Crossbody Bags, Bucket Bags
  Backpacks: Laptop Backpacks, Mini Backpacks, School Bags
  Luggage: Carry-On Suitcases, Packing Cubes, Luggage Scales
  Wallets: Card Holders, Coin Purses, Passport Covers
600024 Kitchenware | Home, Furniture & Appliances | Capacity
  Cookware: Nonstick Pans, Cast Iron Skillets, Steam Pots
  Drinkware: Insulated Tumblers, Glass Mugs, Water Bottles
  Kitchen Utensils: Vegetable Choppers, Silicone Spatulas, Knife Sets
  Food Storage: Bento Boxes, Vacuum Sealers, Spice Jars
600942 Household Appliances | Home, Furniture & Appliances | Color
  Kitchen Appliances: Air Fryers, Portable Blenders, Rice Cookers
  Cleaning Appliances: Cordless Vacuums, Robot Mops, Steam Cleaners
  Climate: Desk Fans, Humidifiers, Space Heaters
  Garment Care: Garment Steamers, Fabric Shavers, Mini Washers
601739 Phones & Electronics | IT & High-Tech | Color
  Phone Accessories: Phone Cases, Magnetic Chargers, Car Mounts
  Audio: Wireless Earbuds, Bluetooth Speakers, Clip Microphones
  Wearables: Smart Watches, Fitness Bands, Watch Straps
  Cameras: Action Cameras, Ring Lights, Phone Tripods
601755 Computers & Office Equipment | IT & High-Tech | Color
  Accessories: Mechanical Keyboards, Gaming Mice, Laptop Stands
  Storage: Portable Drives, Memory Cards, USB Hubs
  Office Supplies: Label Printers, Gel Pens, Desk Organizers
  Networks: WiFi Extenders, Mini Routers, Ethernet Cables
603014 Sports & Outdoor | Sports, Fitness & Outdoors | Size
  Fitness: Yoga Mats, Resistance Bands, Jump Ropes
  Camping: Camping Lanterns, Folding Chairs, Hammocks
  Cycling: Suspension Forks, Bike Lights, Cycling Gloves
  Water Sports: Swim Goggles, Dry Bags, Snorkel Sets
604206 Toys & Hobbies | Art & Crafts | Style
  Building Toys: Brick Sets, Magnetic Tiles, Marble Runs
  Plush: Weighted Plushies, Keychain Plushies, Pillow Plushies
  Crafts: Diamond Painting Kits, Crayon Sets, Crochet Kits
  Games: Card Games, Puzzle Boards, Fidget Toys
602284 Baby & Maternity | Baby | Pack
  Feeding: Baby Bottles, Silicone Bibs, Snack Cups
  Diapering: Diaper Bags, Cotton Wipes, Changing Pads
  Nursery: Night Lights, Swaddle Blankets, Baby Monitors
  Maternity: Nursing Bras, Pregnancy Pillows, Belly Balms
602118 Pet Supplies | Pets | Size
  Dogs: Dog Harnesses, Chew Toys, Dog Beds
  Cats: Cat Trees, Litter Mats, Cat Fountains
  Grooming: Deshedding Brushes, Paw Cleaners, Pet Shampoos
  Fish & Aquatics: Aquarium Lights, Filter Sponges, Fish Feeders
700437 Food & Beverages | Food & Beverage | Flavor
  Snacks: Freeze Dried Candies, Seaweed Chips, Protein Cookies
  Drinks: Instant Coffees, Electrolyte Mixes, Matcha Powders
  Condiments: Chili Oils, Hot Honeys, Truffle Salts
  Staples: Instant Noodles, Protein Pastas, Oat Granolas
605196 Automotive & Motorcycle | Automotive & Transportation | Color
  Car Electronics: Dash Cams, Tire Inflators, Car Vacuums
  Car Interior: Seat Covers, Steering Covers, Car Fresheners
  Car Care: Ceramic Sprays, Microfiber Towels, Foam Cannons
  Motorcycle: Helmet Visors, Riding Gloves, Chain Cleaners
604579 Tools & Hardware | Machinery & Equipment | Set
  Hand Tools: Screwdriver Sets, Utility Knives, Tape Measures
  Power Tools: Cordless Drills, Mini Chainsaws, Rotary Tools
  Lighting: Motion Sensor Lights, Headlamps, Work Lights
  Garden: Pressure Nozzles, Pruning Shears, Drip Kits
801928 Books & Stationery | Education & Training | Style
  Planners: Budget Binders, Habit Planners, Sticker Books
  Writing: Highlighter Sets, Brush Pens, Fountain Pens
  Books: Coloring Books, Workbooks, Journals
  School: Pencil Cases, Flash Cards, Desk Pads
"""
DOCUMENTED = {("Home Supplies", 0): "851848", ("Home Supplies", 0, 0): "600621"}  # ids of the v2 example
WIDTHS = (4, 3)  # children of a level 1 and of a level 2 category


@dataclass(frozen=True, slots=True)
class Category:
    """One node of the tree.

    level     1, 2 or 3
    parent    id of the level above; "0" at level 1
    audience  account category of those who sell it
    option    what its products are chosen by
    """

    id: str
    name: str
    level: int
    parent: str
    audience: str
    option: str


def _root(line: str) -> Category:
    head, audience, option = line.split(" | ")
    number, _, name = head.partition(" ")
    return Category(number, name, 1, "0", audience, option)


def _branch(root: Category, place: int, second: int, line: str) -> list[Category]:
    """A level 2 category and its three of level 3."""
    name, _, leaves = line.strip().partition(": ")
    number = DOCUMENTED.get((root.name, second), str(810000 + place * 100 + second * 10))
    branch = [Category(number, name, 2, root.id, root.audience, root.option)]
    for third, leaf in enumerate(leaves.split(", ")):
        leaf_id = DOCUMENTED.get((root.name, second, third), str(910000 + place * 100 + second * 10 + third))
        branch.append(Category(leaf_id, leaf, 3, number, root.audience, root.option))
    return branch


def _tree() -> tuple[tuple[Category, tuple[tuple[Category, tuple[Category, ...]], ...]], ...]:
    """Level 1 in order, each with its level 2 in order, each with its level 3 in order."""
    roots: list[tuple[Category, list[tuple[Category, tuple[Category, ...]]]]] = []
    for line in TAXONOMY.strip().splitlines():
        if line.startswith(" "):
            root, branches = roots[-1]
            second, *thirds = _branch(root, len(roots), len(branches), line)
            branches.append((second, tuple(thirds)))
        else:
            roots.append((_root(line), []))
    return tuple((root, tuple(branches)) for root, branches in roots)


TREE = _tree()
CATEGORIES = {
    category.id: category
    for root, branches in TREE
    for category in (root, *(node for second, thirds in branches for node in (second, *thirds)))
}


def path_of(first: int, second: int, third: int) -> tuple[Category, Category, Category]:
    """The categories of level 1, 2 and 3 at a place of the tree; `first` goes round the twenty of level 1."""
    root, branches = TREE[first % len(TREE)]
    branch, leaves = branches[second]
    return root, branch, leaves[third]
